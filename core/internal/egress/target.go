package egress

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// absolute is an address that begins with a scheme.
var absolute = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// target resolves what a connector asked for and refuses hosts that its manifest does not declare.
func (t *ticket) target(raw string) (*url.URL, error) {
	base, err := t.base()
	if err != nil {
		return nil, err
	}
	full := t.secrets().putURL(raw)
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
		return nil, failure(protocol.Permanent, fmt.Sprintf("The connector does not declare the host %s.", t.secrets().mask(u.Hostname())))
	}
	return u, nil
}

// base is the connection's base URL; nil when the manifest declares none.
func (t *ticket) base() (*url.URL, error) {
	if t.grant.Auth.BaseURL == "" {
		return nil, nil
	}
	text, err := t.inURL(t.grant.Auth.BaseURL)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(text)
	if err != nil || checkURL(base) != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, failure(protocol.Unauthorized, "The connection's settings do not make a valid base address.")
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
		host, err := t.inURL(template)
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

// inURL fills a template of an address. A value that is a whole address stays as it is; any other is escaped so that
// it can end neither a host name nor a segment of the path.
func (t *ticket) inURL(template string) (string, error) {
	placed := make(map[string]string, len(t.grant.Values))
	for name, value := range t.grant.Values {
		if strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://") {
			placed[name] = strings.TrimRight(value, "/")
		} else {
			placed[name] = url.PathEscape(value)
		}
	}
	return expand(template, placed)
}

// inHeader fills a template of a header.
func (t *ticket) inHeader(template string) (string, error) {
	text, err := expand(template, t.grant.Values)
	if err == nil && !httpguts.ValidHeaderFieldValue(text) {
		err = failure(protocol.Unauthorized, "A field of the connection holds characters that no header can carry.")
	}
	return text, err
}

func expand(template string, values map[string]string) (string, error) {
	text, err := protocol.Expand(template, values)
	if err != nil {
		return "", failure(protocol.Permanent, "The connector's manifest and the connection do not fit together.")
	}
	return text, nil
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
			header.Add(name, t.secrets().putHeader(name, value))
		}
	}
	for _, declared := range t.grant.Auth.Headers {
		value, err := t.inHeader(declared.Value)
		if err != nil {
			return nil, err
		}
		name, err := t.inHeader(declared.Name)
		if err != nil {
			return nil, err
		}
		header.Set(name, value)
	}
	if t.grant.Hops > 0 {
		header.Set(event.HopsHeader, strconv.Itoa(t.grant.Hops))
	}
	if basic, err := t.basic(); err != nil {
		return nil, err
	} else if basic != "" {
		header.Set("Authorization", "Basic "+basic)
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

// basic returns the credentials of AuthBasic as a header carries them; empty for other kinds.
func (t *ticket) basic() (string, error) {
	auth := t.grant.Auth
	if auth.Kind != protocol.AuthBasic {
		return "", nil
	}
	username, err := expand(auth.Username, t.grant.Values)
	if err != nil {
		return "", err
	}
	password, err := expand(auth.Password, t.grant.Values)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString([]byte(username + ":" + password)), nil
}
