// Package web carries the console that the gateway serves. The build tag no_ui leaves it out.
package web

import (
	"errors"
	"io/fs"
)

// built returns the console if it was built, else the page that says that it was not. A plain go build works without
// Node, so dist may hold nothing but the file that keeps it in the repository.
func built(dist, placeholder fs.FS) fs.FS {
	if _, err := fs.Stat(dist, "index.html"); errors.Is(err, fs.ErrNotExist) {
		return placeholder
	}
	return dist
}
