// Package parcel reads and writes the one file in which a connector travels: its program, and a note that names the
// program's checksum and holds the manifest, signed by its publisher or by nobody.
//
// A parcel is a gzipped tar archive of two files: note, in the signed format of golang.org/x/mod/sumdb/note, whose text is
// a line of JSON, and program. Only the note is signed; the checksum in it vouches for the program.
package parcel

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/note"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Limits, in bytes.
const (
	MaxSize    = 64 << 20  // of a parcel
	maxProgram = 256 << 20 // unpacked
	maxNote    = 2 << 20
)

var (
	// ErrUnsigned is a parcel that none of the known publishers has signed.
	ErrUnsigned = errors.New("no known publisher has signed it")
	// ErrBroken is a parcel that is incomplete, or whose parts do not belong together.
	ErrBroken = errors.New("it is no connector's package, or a damaged one")
)

// Note is what is signed.
type Note struct {
	Name     string            `json:"name"`
	Version  string            `json:"version"`
	SHA256   string            `json:"sha256"` // of the program, in hex
	Manifest protocol.Manifest `json:"manifest"`
}

// Parcel is an opened one. Its program is the one that its note speaks of.
type Parcel struct {
	Note
	Program  []byte
	SignedBy string // name of the publisher's key; empty: nobody known
}

// Pack writes a program and what it says about itself. An empty key signs nothing.
func Pack(w io.Writer, program []byte, manifest protocol.Manifest, key string) error {
	sum := sha256.Sum256(program)
	text, err := json.Marshal(Note{Name: manifest.Name, Version: manifest.Version, SHA256: hex.EncodeToString(sum[:]), Manifest: manifest})
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if key != "" {
		signer, err := note.NewSigner(key)
		if err != nil {
			return errors.New("the key is not one that connector key has made")
		}
		if text, err = note.Sign(&note.Note{Text: string(text)}, signer); err != nil {
			return fmt.Errorf("sign: %w", err)
		}
	}
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed) // an author waits for it at each change of their sources
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zip)
	for _, f := range []struct {
		name string
		mode int64
		data []byte
	}{{"note", 0o644, text}, {"program", 0o755, program}} {
		if err := archive.WriteHeader(&tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data))}); err != nil {
			return err
		}
		if _, err := archive.Write(f.data); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zip.Close())
}

// Open reads a parcel. publishers are the keys whose signatures count. The error is ErrBroken, or ErrUnsigned together
// with the parcel: whether that will do is the caller's choice.
func Open(r io.Reader, publishers []string) (Parcel, error) {
	known, err := verifiers(publishers)
	if err != nil {
		return Parcel{}, err
	}
	zip, err := gzip.NewReader(r)
	if err != nil {
		return Parcel{}, ErrBroken
	}
	archive := tar.NewReader(zip)
	signed, err := part(archive, "note", maxNote)
	if err != nil {
		return Parcel{}, err
	}
	program, err := part(archive, "program", maxProgram)
	if err != nil {
		return Parcel{}, err
	}
	p := Parcel{Program: program}
	text, unsigned := signed, ErrUnsigned
	opened, err := note.Open(signed, note.VerifierList(known...))
	var unverified *note.UnverifiedNoteError
	switch {
	case err == nil:
		text, p.SignedBy, unsigned = []byte(opened.Text), opened.Sigs[0].Name, nil
	case errors.As(err, &unverified):
		text = []byte(unverified.Note.Text)
	case errors.As(err, new(*note.InvalidSignatureError)):
		return Parcel{}, fmt.Errorf("%w: its signature is not the publisher's", ErrBroken)
	}
	sum := sha256.Sum256(program)
	if json.Unmarshal(text, &p.Note) != nil || p.SHA256 != hex.EncodeToString(sum[:]) {
		return Parcel{}, ErrBroken
	}
	return p, unsigned
}

func part(archive *tar.Reader, name string, limit int64) ([]byte, error) {
	header, err := archive.Next()
	if err != nil || header.Name != name || header.Size > limit {
		return nil, ErrBroken
	}
	data, err := io.ReadAll(io.LimitReader(archive, limit))
	if err != nil {
		return nil, ErrBroken
	}
	return data, nil
}

func verifiers(keys []string) (list []note.Verifier, err error) {
	for _, key := range keys {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("%.100q is no publisher's key", key)
		}
		list = append(list, v)
	}
	return list, nil
}

// CheckPublisher reports whether a text is a publisher's public key.
func CheckPublisher(key string) error {
	_, err := verifiers([]string{key})
	return err
}

// NewKey makes a publisher's keys: the secret one signs, gateways are told the public one. An error is about the name.
func NewKey(publisher string) (secret, public string, err error) {
	secret, public, err = note.GenerateKey(rand.Reader, publisher)
	if err == nil {
		_, err = note.NewSigner(secret)
	}
	if err != nil {
		return "", "", errors.New("a publisher's name has no spaces and no plus sign")
	}
	return secret, public, nil
}

// ReadKey reads the secret key in a file.
func ReadKey(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(raw)), nil
}
