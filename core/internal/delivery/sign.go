package delivery

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The signatures of the Standard Webhooks specification 1.0.0.
const (
	V1  = "v1"  // HMAC-SHA256 with a secret that both sides know
	V1A = "v1a" // ed25519: the receiver knows only the public key
)

// What begins keys of Standard Webhooks.
const (
	secretPrefix  = "whsec_"
	privatePrefix = "whsk_"
	publicPrefix  = "whpk_"
)

// newSecret makes a key to sign with and what the receiver verifies with; for V1 they are the same.
func newSecret(signature string) (secret, shown string) {
	var seed [ed25519.SeedSize]byte
	_, _ = rand.Read(seed[:]) // never fails: crypto/rand ends the program instead
	if signature == V1A {
		key := ed25519.NewKeyFromSeed(seed[:])
		return privatePrefix + base64.StdEncoding.EncodeToString(key),
			publicPrefix + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	}
	secret = secretPrefix + base64.StdEncoding.EncodeToString(seed[:])
	return secret, secret
}

// sign returns the signatures of a body under an id at a time, one for each secret, apart by spaces.
func sign(id string, at time.Time, body []byte, secrets []string) (string, error) {
	signed := append([]byte(id+"."+strconv.FormatInt(at.Unix(), 10)+"."), body...)
	var signatures []string
	for _, secret := range secrets {
		encoded, asymmetric := strings.CutPrefix(secret, privatePrefix)
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(encoded, secretPrefix))
		if err != nil || asymmetric && len(key) != ed25519.PrivateKeySize {
			return "", errors.New("a signing key is not readable")
		}
		if asymmetric {
			signatures = append(signatures, V1A+","+base64.StdEncoding.EncodeToString(ed25519.Sign(key, signed)))
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(signed)
		signatures = append(signatures, V1+","+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(signatures, " "), nil
}
