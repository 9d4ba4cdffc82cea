package app

import (
	"net/http"

	"github.com/cordboard/cordboard/web"
)

// console serves the pages that are built into the program.
func console() http.Handler { return http.FileServerFS(web.Files()) }
