//go:build !no_ui

package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist placeholder
var embedded embed.FS

// Files returns the console, index.html at the top. __CSP_NONCE__ in it stands for the nonce of each answer.
func Files() fs.FS { return built(sub("dist"), sub("placeholder")) }

func sub(dir string) fs.FS {
	files, err := fs.Sub(embedded, dir)
	if err != nil {
		panic(err) // both are embedded above
	}
	return files
}
