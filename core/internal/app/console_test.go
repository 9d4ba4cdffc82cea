package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestConsole(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"index.html":         {Data: []byte(`<meta name="csp-nonce" nonce="__CSP_NONCE__">`)},
		"assets/a-1.js":      {Data: []byte("plain")},
		"assets/a-1.js.br":   {Data: []byte("br")},
		"assets/a-1.js.gz":   {Data: []byte("gz")},
		"favicon.svg":        {Data: []byte("<svg/>")},
		"assets/font.woff2":  {Data: []byte("font")},
		"assets/only.css":    {Data: []byte("css")},
		"assets/only.css.gz": {Data: []byte("gzcss")},
	}
	cases := map[string]struct {
		method, path, accepts string
		status                int
		body, encoding, cache string
	}{
		"the page":                        {path: "/", status: 200, body: "csp-nonce", cache: "no-store"},
		"an address the page knows":       {path: "/flows/verify-product-x", status: 200, body: "csp-nonce", cache: "no-store"},
		"a script, brotli before gzip":    {path: "/assets/a-1.js", accepts: "gzip, br", status: 200, body: "br", encoding: "br", cache: "immutable"},
		"a script, gzip":                  {path: "/assets/a-1.js", accepts: "gzip", status: 200, body: "gz", encoding: "gzip", cache: "immutable"},
		"a script, plain":                 {path: "/assets/a-1.js", status: 200, body: "plain", cache: "immutable"},
		"a file without a copy in brotli": {path: "/assets/only.css", accepts: "gzip, br", status: 200, body: "gzcss", encoding: "gzip", cache: "immutable"},
		"a font":                          {path: "/assets/font.woff2", accepts: "br", status: 200, body: "font", cache: "immutable"},
		"a file with a lasting name":      {path: "/favicon.svg", status: 200, body: "<svg/>", cache: "no-cache"},
		"a file that is not there":        {path: "/assets/old.js", status: 404, body: "no such file", cache: "no-store"},
		"a way out of the folder":         {path: "/../../etc/passwd.txt", status: 404, body: "no such file"},
		"a write":                         {method: "POST", path: "/", status: 405, body: "only read"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := tt.method
			if method == "" {
				method = http.MethodGet
			}
			r := httptest.NewRequestWithContext(t.Context(), method, "http://x"+tt.path, nil)
			r.Header.Set("Accept-Encoding", tt.accepts)
			w := httptest.NewRecorder()
			(&pages{files}).ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) || w.Header().Get("Content-Encoding") != tt.encoding || !strings.Contains(w.Header().Get("Cache-Control"), tt.cache) {
				t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
			}
		})
	}
}

func TestEachPageHasANonceOfItsOwn(t *testing.T) {
	t.Parallel()
	p := &pages{fstest.MapFS{"index.html": {Data: []byte(`nonce="__CSP_NONCE__"`)}}}
	seen := map[string]bool{}
	for range 2 {
		w := httptest.NewRecorder()
		p.index(w)
		nonce := strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), `nonce="`), `"`)
		if len(nonce) < 20 || seen[nonce] || !strings.Contains(w.Header().Get("Content-Security-Policy"), "style-src 'self' 'nonce-"+nonce+"'") {
			t.Errorf("nonce %q with %s", nonce, w.Header().Get("Content-Security-Policy"))
		}
		seen[nonce] = true
	}
}
