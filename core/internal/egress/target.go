package egress

import (
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// placeholder is a field of the connection inside a template.
var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)

// absolute is an address that begins with a scheme.
var absolute = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// target resolves what a connector asked for and refuses hosts that its manifest does not declare.
func (t *ticket) target(raw string) (*url.URL, error) {
	base, err := t.base()
	if err != nil {
		return nil, err
	}
	full := t.secrets.putURL(raw)
	if !absolute.MatchString(raw) {
		if base == nil || strings.HasPrefix(raw, "//") {
			return nil, failure(protocol.Permanent, "The request has no complete address.")
		}
		full = strings.TrimRight(base.String(), "/") + "/" + strings.TrimLeft(full, "/")
	}
	u, err := url.Parse(full)
	if err != nil {
		return nil, failure(protocol.Permanent, "The request's address cannot be read.")
	}
	if err := checkURL(u); err != nil {
		return nil, failure(protocol.Permanent, "The request's address is not allowed.")
	}
	if hasDots(u.EscapedPath()) {
		return nil, failure(protocol.Permanent, "The request's path has a . or .. segment.")
	}
	u.Fragment, u.RawFragment = "", ""
	if !t.allows(u, base) {
		return nil, failure(protocol.Permanent, fmt.Sprintf("The connector does not declare the host %s.", t.secrets.mask(u.Hostname())))
	}
	return u, nil
}

// base is the connection's base URL; nil when the manifest declares none.
func (t *ticket) base() (*url.URL, error) {
	if t.grant.Auth.BaseURL == "" {
		return nil, nil
	}
	text, err := t.fill(t.grant.Auth.BaseURL, escapeURL)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(text)
	if err != nil || checkURL(base) != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, failure(protocol.Permanent, "The connection's settings do not make a valid base address.")
	}
	return base, nil
}

// allows reports whether u leads to the base URL's host, or to a declared one. A declared host without a port means
// the usual port of the scheme.
func (t *ticket) allows(u, base *url.URL) bool {
	if t.grant.AnyHost || base != nil && authority(u) == authority(base) {
		return true
	}
	for _, template := range t.grant.Auth.Hosts {
		host, err := t.fill(template, escapeHost)
		if err != nil {
			continue
		}
		declared := &url.URL{Scheme: u.Scheme, Host: host}
		if suffix, ok := strings.CutPrefix(host, "*."); ok {
			declared.Host = suffix
			if _, rest, ok := strings.Cut(authority(u), "."); ok && endsIn(rest, authority(declared)) {
				return true
			}
			continue
		}
		if authority(u) == authority(declared) {
			return true
		}
	}
	return false
}

// authority is host and port, the port always written.
func authority(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".") + ":" + port
}

// endsIn reports whether name is domain or lies below it.
func endsIn(name, domain string) bool { return name == domain || strings.HasSuffix(name, "."+domain) }

// hasDots reports a path segment that a server may read as "here" or "up".
func hasDots(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if decoded, err := url.PathUnescape(segment); err != nil || decoded == "." || decoded == ".." {
			return true
		}
	}
	return false
}

// fill puts the connection's fields into a template. Escape gets the text before the field and the value.
func (t *ticket) fill(template string, escape func(before, value string) (string, bool)) (string, error) {
	var out strings.Builder
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(template, -1) {
		name := template[m[2]:m[3]]
		value, ok := escape(template[:m[0]], t.grant.Values[name])
		if !ok || value == "" {
			return "", failure(protocol.Unauthorized, fmt.Sprintf("The connection's field %q is empty or does not fit where it is used.", name))
		}
		out.WriteString(template[at:m[0]])
		out.WriteString(value)
		at = m[1]
	}
	out.WriteString(template[at:])
	return out.String(), nil
}

// escapeURL makes a value fit its place: as it is when it is the whole beginning, a host name in the authority, one
// segment in the path.
func escapeURL(before, value string) (string, bool) {
	switch {
	case before == "":
		return value, true
	case strings.Count(before, "/") <= 2:
		return escapeHost(before, value)
	default:
		return url.PathEscape(value), true
	}
}

func escapeHost(_, value string) (string, bool) {
	for _, r := range value {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == ':') {
			return "", false
		}
	}
	return value, true
}

func escapeHeader(_, value string) (string, bool) {
	return value, httpguts.ValidHeaderFieldValue(value)
}

// ownHeaders are the gateway's business: they steer the connection, not the request.
var ownHeaders = map[string]bool{
	"Accept-Encoding": true, "Connection": true, "Content-Length": true, "Host": true, "Keep-Alive": true,
	"Proxy-Authorization": true, "Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// header is what the connector asked for, with secrets instead of handles, and over it what the manifest declares.
func (t *ticket) header(in map[string][]string) (http.Header, error) {
	header := make(http.Header, len(in)+len(t.grant.Auth.Headers))
	for name, values := range in {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if ownHeaders[name] {
			continue
		}
		for _, value := range values {
			header.Add(name, t.secrets.putHeader(name, value))
		}
	}
	for _, declared := range t.grant.Auth.Headers {
		value, err := t.fill(declared.Value, escapeHeader)
		if err != nil {
			return nil, err
		}
		header.Set(declared.Name, value)
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", "cordboard")
	}
	for name, values := range header {
		for _, value := range values {
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
				return nil, failure(protocol.Permanent, fmt.Sprintf("The header %.60q is not valid.", name))
			}
		}
	}
	return header, nil
}
