package app

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/cordboard/cordboard/web"
)

// console serves the pages that are built into the program.
func console() http.Handler { return &pages{files: web.Files()} }

// pages serves a single-page application: its files, and index.html for every address that the application knows
// itself. Files below assets have names made of their content, so they are kept for a year; the build has put a
// compressed copy beside each.
type pages struct{ files fs.FS }

const (
	nonceMark = "__CSP_NONCE__"
	scripts   = "default-src 'none'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; style-src 'self' 'nonce-"
)

// ServeHTTP implements http.Handler.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "The console is only read.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" || name == "index.html" || path.Ext(name) == "" {
		p.index(w)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	for _, e := range []struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}, {"", ""}} {
		if e.encoding != "" && !strings.Contains(r.Header.Get("Accept-Encoding"), e.encoding) {
			continue
		}
		content, err := fs.ReadFile(p.files, name+e.suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			break
		}
		if e.encoding != "" {
			w.Header().Set("Content-Encoding", e.encoding)
		}
		_, _ = w.Write(content)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.Error(w, "There is no such file.", http.StatusNotFound)
}

// index serves the page itself with a nonce of its own: the libraries that write styles need one, and nobody else can
// guess it.
func (p *pages) index(w http.ResponseWriter) {
	content, err := fs.ReadFile(p.files, "index.html")
	if err != nil {
		http.Error(w, "This program was built without a console.", http.StatusNotFound)
		return
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	nonce := base64.StdEncoding.EncodeToString(random[:])
	w.Header().Set("Content-Security-Policy", scripts+nonce+"'")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(bytes.ReplaceAll(content, []byte(nonceMark), []byte(nonce)))
}
