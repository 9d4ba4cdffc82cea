// Package passkeytest plays the browser and the device of somebody who has passkeys.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Authenticator makes passkeys and signs in with them. Its fields say how it behaves, and may be changed between calls.
type Authenticator struct {
	Origin     string // of the page that asks
	RPID       string // empty: what the challenge says
	Unverified bool   // it asks for no finger, face or PIN
	Counter    uint32 // how often it has signed; a copy of it counts on its own

	t    testing.TB
	keys []key
}

type key struct {
	id, handle []byte
	private    *ecdsa.PrivateKey
}

// New returns an authenticator on whose screen a page of that origin is.
func New(t testing.TB, origin string) *Authenticator { return &Authenticator{Origin: origin, t: t} }

const (
	userPresent   = 0x01
	userVerified  = 0x04
	hasCredential = 0x40
)

type text = map[string]any

func coded(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// Make answers a challenge for a new passkey.
func (a *Authenticator) Make(options []byte) (credential []byte) {
	a.t.Helper()
	var o struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID string }
	}
	a.read(options, &o)
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	a.check(err)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.check(err)
	k := key{id: make([]byte, 32), handle: handle, private: private}
	_, _ = rand.Read(k.id) // never fails
	a.keys = append(a.keys, k)
	point, err := private.PublicKey.Bytes()
	a.check(err)
	public, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	a.check(err)
	data := a.data(o.RP.ID, hasCredential)
	data = append(data, make([]byte, 16)...) // nobody's make
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(append(data, k.id...), public...)
	object, err := webauthncbor.Marshal(text{"fmt": "none", "attStmt": text{}, "authData": data})
	a.check(err)
	return a.write(k, text{"clientDataJSON": coded(a.client("webauthn.create", o.Challenge)), "attestationObject": coded(object), "transports": []string{"internal"}})
}

// Sign answers a challenge for a sign-in with the newest passkey.
func (a *Authenticator) Sign(options []byte) (credential []byte) {
	a.t.Helper()
	var o struct{ Challenge, RPID string }
	a.read(options, &o)
	k := a.keys[len(a.keys)-1]
	a.Counter++
	data, client := a.data(o.RPID, 0), a.client("webauthn.get", o.Challenge)
	of := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), of[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, signed[:])
	a.check(err)
	return a.write(k, text{"clientDataJSON": coded(client), "authenticatorData": coded(data), "signature": coded(signature), "userHandle": coded(k.handle)})
}

// Claim makes the newest passkey say that it is somebody else's.
func (a *Authenticator) Claim(userID string) { a.keys[len(a.keys)-1].handle = []byte(userID) }

func (a *Authenticator) data(rp string, flags byte) []byte {
	if a.RPID != "" {
		rp = a.RPID
	}
	if flags |= userPresent; !a.Unverified {
		flags |= userVerified
	}
	of := sha256.Sum256([]byte(rp))
	return binary.BigEndian.AppendUint32(append(of[:], flags), a.Counter)
}

func (a *Authenticator) client(kind, challenge string) []byte {
	raw, err := json.Marshal(text{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	a.check(err)
	return raw
}

func (a *Authenticator) write(k key, response text) []byte {
	raw, err := json.Marshal(text{"id": coded(k.id), "rawId": coded(k.id), "type": "public-key", "response": response, "clientExtensionResults": text{}, "authenticatorAttachment": "platform"})
	a.check(err)
	return raw
}

func (a *Authenticator) read(raw []byte, into any) {
	a.t.Helper()
	a.check(json.Unmarshal(raw, into))
}

func (a *Authenticator) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}
