package httpapi

import (
	"embed"
	"path"

	"github.com/gofiber/fiber/v2"
)

// docsFiles are the page on which people read the API and try it. It needs nothing from elsewhere.
//
//go:embed docs
var docsFiles embed.FS

var docsTypes = map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

func docs(app *fiber.App) {
	for route, file := range map[string]string{"/api/docs": "docs/index.html", "/api/docs/docs.js": "docs/docs.js", "/api/docs/docs.css": "docs/docs.css"} {
		content, err := docsFiles.ReadFile(file)
		if err != nil {
			panic(err) // the file is embedded above
		}
		app.Get(route, func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentType, docsTypes[path.Ext(file)])
			return c.Send(content)
		})
	}
}
