// Package id makes identifiers that sort by time and say what they name: run_01J9Z….
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// crockford leaves out I, L, O and U, which people misread.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// size is the length of the part behind the prefix: 16 bytes in base 32.
const size = 26

// New returns a fresh identifier: the prefix, an underscore, 64 bits of the present time and 64 random bits. What one
// process makes later sorts later, so that a list by id shows the order in which things were done.
func New(prefix string) string { return At(prefix, time.Now()) }

// At is New for a given time.
func At(prefix string, t time.Time) string {
	b := instant(t)
	_, _ = rand.Read(b[8:]) // never fails: crypto/rand ends the program instead
	return prefix + "_" + crockford.EncodeToString(b[:])
}

// First sorts before all identifiers made at t or later, and behind all that were made earlier.
func First(prefix string, t time.Time) string {
	b := instant(t)
	return prefix + "_" + crockford.EncodeToString(b[:])
}

// Of is the identifier of what has this content: the same for equal content, and another for any other.
func Of(prefix, content string) string {
	digest := sha256.Sum256([]byte(content))
	return prefix + "_" + crockford.EncodeToString(digest[:16])
}

func instant(t time.Time) (b [16]byte) {
	const perMilli = uint64(time.Millisecond)
	within := uint64(t.Nanosecond()) % perMilli << 16 / perMilli // in 65536ths of a millisecond, about 15 ns
	binary.BigEndian.PutUint64(b[:8], uint64(t.UnixMilli())<<16|within)
	return b
}

// Valid reports whether s is an identifier with that prefix.
func Valid(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != size {
		return false
	}
	_, err := crockford.DecodeString(rest)
	return err == nil
}
