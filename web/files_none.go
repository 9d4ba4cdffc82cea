//go:build no_ui

package web

import (
	"embed"
	"io/fs"
)

// Files returns no pages.
func Files() fs.FS { return embed.FS{} }
