package trigger

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
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
	switch {
	case v.Scheme.IsHMAC() && v.Header != "":
		return verifyHMAC(v, secret, given, header, body, now)
	case v.Scheme == protocol.SchemeToken && equal(given, v.Prefix+secret):
		return nil
	}
	return ErrUnverified
}

// verifyHMAC checks the header given, or those of its parts that may be the signature.
func verifyHMAC(v protocol.Verification, secret, given string, header map[string][]string, body []byte, now time.Time) error {
	signatures, parts := []string{given}, map[string][]string{}
	if v.Part != "" {
		for _, part := range strings.Split(given, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			parts[name] = append(parts[name], value)
		}
		signatures = parts[v.Part]
	}
	inHeader := func(name string) (string, bool) { return only(http.Header(header).Values(name)) }
	inParts := func(name string) (string, bool) { return only(parts[name]) }
	signed, ok := v.SignedText(body, inHeader, inParts)
	if !ok || len(signatures) > mostSignatures {
		return ErrUnverified
	}
	if v.Time != "" {
		stamp, _ := v.SignedAt(inHeader, inParts)
		at, ok := timeOf(stamp)
		if !ok {
			return ErrUnverified
		}
		if age := now.Sub(at); age > tolerance || age < -tolerance {
			return errExpired
		}
	}
	want := v.Prefix + signature(v, secret, signed)
	for _, s := range signatures {
		if equal(s, want) {
			return nil
		}
	}
	return ErrUnverified
}

// only returns the one value there is.
func only(values []string) (string, bool) {
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// timeOf reads when something was signed: seconds or milliseconds since 1970 in plain digits, or RFC 3339.
func timeOf(stamp string) (time.Time, bool) {
	if isNumber(stamp) {
		n, err := strconv.ParseInt(stamp, 10, 64)
		if len(stamp) >= 13 {
			return time.UnixMilli(n), err == nil
		}
		return time.Unix(n, 0), err == nil
	}
	at, err := time.Parse(time.RFC3339Nano, stamp)
	return at, err == nil
}

// single returns the value that carries the proof; it must have come once.
func single(header, query map[string][]string, v protocol.Verification) (string, bool) {
	values := query[v.Query]
	if v.Header != "" {
		values = http.Header(header).Values(v.Header)
	}
	return only(values)
}

func signature(v protocol.Verification, secret string, signed []byte) string {
	digest := sha256.New
	switch v.Scheme {
	case protocol.SchemeHMACSHA1:
		digest = sha1.New
	case protocol.SchemeHMACSHA512:
		digest = sha512.New
	}
	mac := hmac.New(digest, []byte(secret))
	mac.Write(signed)
	if v.Encoding == protocol.Base64 {
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
