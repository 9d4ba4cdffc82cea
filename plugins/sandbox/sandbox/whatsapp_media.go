package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// media is an uploaded file. Its id lives for 30 days, each download address for five minutes.
type media struct {
	id, mime string
	bytes    []byte
	until    time.Time
}

const (
	mediaLife    = 30 * 24 * time.Hour
	mediaURLLife = 5 * time.Minute
)

// mediaLimits are the largest sizes by the first part of the type, in bytes.
var mediaLimits = map[string]int64{"image": 5 << 20, "audio": 16 << 20, "video": 16 << 20, "application": 100 << 20, "text": 100 << 20}

func (w *whatsApp) uploadMedia(rw http.ResponseWriter, r *http.Request) {
	refuse := func(details string) {
		e := knownError(131053)
		e.details = details
		writeGraphError(rw, e)
	}
	r.Body = http.MaxBytesReader(rw, r.Body, 101<<20)
	file, header, err := r.FormFile("file")
	if err != nil {
		writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) The parameter file is required."})
		return
	}
	defer file.Close()
	if r.FormValue("messaging_product") != "whatsapp" {
		writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) The parameter messaging_product is required."})
		return
	}
	mime := r.FormValue("type")
	setDefault(&mime, header.Header.Get("Content-Type"))
	kind, _, _ := strings.Cut(mime, "/")
	limit, known := mediaLimits[kind]
	if !known {
		refuse("The type " + mime + " is not supported.")
		return
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil || int64(len(content)) > limit {
		refuse("The file is larger than its type allows.")
		return
	}
	if sniffed, _, _ := strings.Cut(http.DetectContentType(content), "/"); kind == "image" && sniffed != "image" {
		refuse("The file is not of the type it is declared as.")
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	m := &media{id: strconv.FormatInt(4490709327384033+int64(len(w.media)), 10), mime: mime, bytes: content, until: w.env.clock.now().Add(mediaLife)}
	w.media = append(w.media, m)
	writeGraph(rw, map[string]any{"id": m.id})
}

// findMedia is the living file with an id, or nil. The caller holds mu.
func (w *whatsApp) findMedia(id string) *media {
	for _, m := range w.media {
		if m.id == id && m.until.After(w.env.clock.now()) {
			return m
		}
	}
	return nil
}

// serveObject answers for paths that name one object: an uploaded file, or nothing we know.
func (w *whatsApp) serveObject(rw http.ResponseWriter, r *http.Request) {
	id := strings.Trim(r.URL.Path, "/")
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.findMedia(id)
	switch {
	case m != nil && r.Method == http.MethodGet:
		sum := sha256.Sum256(m.bytes)
		ends := strconv.FormatInt(w.env.clock.now().Add(mediaURLLife).Unix(), 10)
		writeGraph(rw, map[string]any{
			"messaging_product": "whatsapp", "id": m.id, "mime_type": m.mime, "sha256": hex.EncodeToString(sum[:]), "file_size": len(m.bytes),
			"url": "http://" + r.Host + "/whatsapp/media/?mid=" + m.id + "&ext=" + ends,
		})
	case m != nil && r.Method == http.MethodDelete:
		m.until = time.Time{}
		writeGraph(rw, map[string]any{"success": true})
	default:
		id, _, _ = strings.Cut(id, "/")
		writeGraphError(rw, graphError{status: 400, code: 100, subcode: 33, text: "Unsupported " + strings.ToLower(r.Method) + " request. Object with ID '" + id +
			"' does not exist, cannot be loaded due to missing permissions, or does not support this operation"})
	}
}

// downloadMedia serves the bytes to whoever brings the token, while the address is fresh.
func (w *whatsApp) downloadMedia(rw http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+w.cfg.Token {
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ends, _ := strconv.ParseInt(r.URL.Query().Get("ext"), 10, 64)
	m := w.findMedia(r.URL.Query().Get("mid"))
	if m == nil || w.env.clock.now().After(time.Unix(ends, 0)) {
		rw.WriteHeader(http.StatusNotFound)
		return
	}
	rw.Header().Set("Content-Type", m.mime)
	_, _ = rw.Write(m.bytes)
}
