package egress

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// shortest is the least length of a secret that is looked for in answers: a shorter one would be found everywhere.
const shortest = 4

// masked stands for a secret where people read.
const masked = "•••"

// secrets swaps handles and secrets. Handles are made of letters, digits and underscores only, so no encoding changes
// them on their way through a connector.
type secrets struct {
	byHandle map[string]string
	out      *strings.Replacer // secret, in each form it may be echoed, to handle
	display  *strings.Replacer // either to dots
}

// newSecrets takes the connection's secrets and further texts that hold one, which have no handle.
func newSecrets(byHandle map[string]string, further ...string) *secrets {
	type pair struct{ form, handle string }
	var pairs []pair
	var out, display []string
	for handle, secret := range byHandle {
		display = append(display, handle, masked)
		if len(secret) < shortest {
			continue
		}
		for _, form := range forms(secret) {
			pairs = append(pairs, pair{form, handle})
		}
	}
	for _, text := range further {
		pairs = append(pairs, pair{text, masked})
	}
	// The longest first: a secret may begin with another one.
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(len(b.form), len(a.form)) })
	for _, p := range pairs {
		out = append(out, p.form, p.handle)
		display = append(display, p.form, masked)
	}
	return &secrets{byHandle: byHandle, out: strings.NewReplacer(out...), display: strings.NewReplacer(display...)}
}

// forms are the ways in which a provider may write a secret that it echoes.
func forms(secret string) []string {
	return []string{
		secret, inJSON(secret), inXML(secret), url.QueryEscape(secret), url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)),
	}
}

func (s *secrets) put(text string, escape func(string) string) string {
	for handle, secret := range s.byHandle {
		if strings.Contains(text, handle) {
			text = strings.ReplaceAll(text, handle, escape(secret))
		}
	}
	return text
}

func (s *secrets) putURL(raw string) string {
	path, query, hasQuery := strings.Cut(raw, "?")
	path = s.put(path, url.PathEscape)
	if !hasQuery {
		return path
	}
	return path + "?" + s.put(query, url.QueryEscape)
}

// putHeader also looks into Basic credentials, where a handle hides in base64.
func (s *secrets) putHeader(name, value string) string {
	if encoded, ok := strings.CutPrefix(value, "Basic "); ok && name == "Authorization" {
		if decoded, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(s.put(string(decoded), asIs)))
		}
	}
	return s.put(value, asIs)
}

// putBody escapes by the content type; one it does not know gets the secret as it is.
func (s *secrets) putBody(body []byte, contentType string) []byte {
	if len(body) == 0 || len(s.byHandle) == 0 {
		return body
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	escape := asIs
	switch {
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		escape = inJSON
	case kind == "application/x-www-form-urlencoded":
		escape = url.QueryEscape
	case kind == "application/xml" || kind == "text/xml" || strings.HasSuffix(kind, "+xml"):
		escape = inXML
	}
	return []byte(s.put(string(body), escape))
}

// hide replaces secrets in an answer by their handles.
func (s *secrets) hide(body []byte) []byte {
	if len(body) == 0 || len(s.byHandle) == 0 {
		return body
	}
	return []byte(s.out.Replace(string(body)))
}

func (s *secrets) hideHeader(in http.Header) map[string][]string {
	out := make(map[string][]string, len(in))
	for name, values := range in {
		for _, value := range values {
			out[name] = append(out[name], s.out.Replace(value))
		}
	}
	return out
}

// mask is for people: neither secret nor handle is left.
func (s *secrets) mask(text string) string { return s.display.Replace(text) }

func asIs(secret string) string { return secret }

func inJSON(secret string) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(secret)                         // a string always encodes
	return buf.String()[1 : buf.Len()-len("\"\n")] // without the quotes
}

func inXML(secret string) string {
	var buf bytes.Buffer
	_ = xml.EscapeText(&buf, []byte(secret)) // a buffer never fails
	return buf.String()
}
