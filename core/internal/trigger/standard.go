package trigger

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tolerance is how old a signature may be, and how far its sender's clock may be ahead.
const tolerance = 5 * time.Minute

// What begins secrets and public keys of Standard Webhooks.
const (
	standardPrefix = "whsec_"
	publicPrefix   = "whpk_"
)

// mostSignatures bounds the work that a stranger can ask for with one request.
const mostSignatures = 16

// leastStandardSecret is what the specification asks for, in bytes.
const leastStandardSecret = 24

// standardKey reads a secret of Standard Webhooks, with its prefix or without, or a public key.
func standardKey(secret string) ([]byte, error) {
	if text, ok := strings.CutPrefix(secret, publicPrefix); ok {
		key, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, errors.New("must be whpk_ and a public key of 32 bytes in base64")
		}
		return key, nil
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(secret, standardPrefix))
	if err != nil {
		return nil, errors.New("must be whsec_ and base64")
	}
	if len(key) < leastStandardSecret {
		return nil, fmt.Errorf("must hold at least %d bytes", leastStandardSecret)
	}
	return key, nil
}

// verifyStandard checks a request as standardwebhooks.com 1.0.0 says: v1 with a secret, v1a with a public key. It is stricter than the
// published libraries: each header comes once, the time is plain digits, and the id holds no dot, with which one
// signed text could be read in two ways.
func verifyStandard(secret string, header map[string][]string, body []byte, now time.Time) error {
	key, err := standardKey(secret)
	if err != nil {
		return ErrUnverified
	}
	var values [3]string
	for i, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		all := http.Header(header).Values(name)
		if len(all) != 1 || all[0] == "" {
			return ErrUnverified
		}
		values[i] = all[0]
	}
	id, stamp, signatures := values[0], values[1], values[2]
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || stamp != strconv.FormatInt(seconds, 10) || strings.Contains(id, ".") {
		return ErrUnverified
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return errExpired
	}
	given := strings.Split(signatures, " ")
	if len(given) > mostSignatures {
		return ErrUnverified
	}
	signed := append([]byte(id+"."+stamp+"."), body...)
	if strings.HasPrefix(secret, publicPrefix) {
		return verifyAsymmetric(key, signed, given)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(signed)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, signature := range given {
		if equal(signature, want) {
			return nil
		}
	}
	return ErrUnverified
}

func verifyAsymmetric(key ed25519.PublicKey, signed []byte, given []string) error {
	for _, signature := range given {
		text, ok := strings.CutPrefix(signature, "v1a,")
		if !ok {
			continue
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err == nil && ed25519.Verify(key, signed, raw) {
			return nil
		}
	}
	return ErrUnverified
}
