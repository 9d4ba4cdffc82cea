package trigger

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var (
	// ErrUnverified is a request whose sender did not prove to know the secret. It does not say how it failed.
	ErrUnverified = errors.New("request is not verified")
	// errExpired is ErrUnverified for people who look for the cause. The sender is told no more than with that.
	errExpired = fmt.Errorf("%w: its time is too far from now", ErrUnverified)
	// ErrChallenge is a handshake that asks to send back something other than a number.
	ErrChallenge = errors.New("challenge is not a number")
)

// maxChallenge is the longest number that a handshake gets back.
const maxChallenge = 64

// Verify checks a webhook request by the scheme that was declared for it, over the exact bytes of the body. It returns
// nil or ErrUnverified: without a secret nothing is verified, a header that came twice proves nothing, and a signature
// must be written precisely as its sender documents, hex in lower case and base64 with padding. The comparison takes
// the same time wherever the two differ. now is for schemes whose signatures age.
func Verify(v protocol.Verification, secret string, header, query map[string][]string, body []byte, now time.Time) error {
	switch {
	case v.Scheme == flow.SchemeNone:
		return nil
	case secret == "":
		return ErrUnverified
	case v.Scheme == protocol.SchemeStandardWebhooks:
		return verifyStandard(secret, header, body, now)
	}
	given, ok := single(header, query, v)
	if !ok {
		return ErrUnverified
	}
	var want string
	switch {
	case v.Scheme == protocol.SchemeHMACSHA256 && v.Header != "":
		want = v.Prefix + signature(v.Encoding, secret, body)
	case v.Scheme == protocol.SchemeToken:
		want = v.Prefix + secret
	default:
		return ErrUnverified
	}
	if !equal(given, want) {
		return ErrUnverified
	}
	return nil
}

// single returns the value that carries the proof; it must have come once.
func single(header, query map[string][]string, v protocol.Verification) (string, bool) {
	values := query[v.Query]
	if v.Header != "" {
		values = http.Header(header).Values(v.Header)
	}
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

func signature(encoding protocol.Encoding, secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if encoding == protocol.Base64 {
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// equal compares hashes, so that not even a length shows.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Answer returns what to send back, as plain text, to a GET in which a provider proves that the address is ours.
// ErrUnverified means that the request is not such a proof (403), ErrChallenge that its challenge is not a number and
// is never sent back (400).
func Answer(c protocol.Challenge, secret string, query map[string][]string) (string, error) {
	if secret == "" || !has(query, c.Token, secret) {
		return "", ErrUnverified
	}
	for name, want := range c.Expect {
		if !has(query, name, want) {
			return "", ErrUnverified
		}
	}
	if len(query[c.Echo]) != 1 || !isNumber(query[c.Echo][0]) {
		return "", ErrChallenge
	}
	return query[c.Echo][0], nil
}

func has(query map[string][]string, name, want string) bool {
	return len(query[name]) == 1 && equal(query[name][0], want)
}

func isNumber(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != "" && len(s) <= maxChallenge
}
