//go:build !no_ui

package web

import (
	"embed"
	"io/fs"
)

//go:embed page
var page embed.FS

// Files returns the pages, index.html at the top.
func Files() fs.FS {
	sub, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
