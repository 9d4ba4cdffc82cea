package parcel

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

func TestCase32OnlyAKnownPublishersSignatureCounts(t *testing.T) {
	t.Parallel()
	secret, public, err := NewKey("acme.example")
	if err != nil {
		t.Fatal(err)
	}
	_, another, err := NewKey("acme.example")
	if err != nil {
		t.Fatal(err)
	}
	program, manifest := []byte("#!/bin/sh\n"), protocol.Manifest{Name: "desk", Version: "1.2.0", Title: "Desk"}
	var signed, unsigned bytes.Buffer
	if err := errors.Join(Pack(&signed, program, manifest, secret), Pack(&unsigned, program, manifest, "")); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		parcel     []byte
		publishers []string
		signedBy   string
		want       error
	}{
		"signed by a known one":    {signed.Bytes(), []string{another, public}, "acme.example", nil},
		"signed by a stranger":     {signed.Bytes(), []string{another}, "", ErrUnsigned},
		"nobody is known":          {signed.Bytes(), nil, "", ErrUnsigned},
		"signed by nobody":         {unsigned.Bytes(), []string{public}, "", ErrUnsigned},
		"another program":          {repack(t, signed.Bytes(), "#!/bin/sh\n", "#!/bin/ps\n"), []string{public}, "", ErrBroken},
		"another version":          {repack(t, signed.Bytes(), "1.2.0", "1.2.1"), []string{public}, "", ErrBroken},
		"cut off":                  {signed.Bytes()[:signed.Len()/2], []string{public}, "", ErrBroken},
		"something else":           {[]byte("not a package"), []string{public}, "", ErrBroken},
		"another version, unknown": {repack(t, unsigned.Bytes(), "/bin/sh", "/bin/ps"), nil, "", ErrBroken},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Open(bytes.NewReader(tt.parcel), tt.publishers)
			if !errors.Is(err, tt.want) || tt.want == nil && err != nil || got.SignedBy != tt.signedBy {
				t.Fatalf("signed by %q, %v, want %q, %v", got.SignedBy, err, tt.signedBy, tt.want)
			}
			if !errors.Is(err, ErrBroken) && (got.Name != "desk" || got.Version != "1.2.0" || got.Manifest.Title != "Desk" || !bytes.Equal(got.Program, program)) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// repack changes words of the archive.
func repack(t *testing.T, parcel []byte, from, to string) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(parcel))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(zip)
	if err != nil || !bytes.Contains(raw, []byte(from)) {
		t.Fatalf("%q is not in it, %v", from, err)
	}
	var out bytes.Buffer
	again := gzip.NewWriter(&out)
	if _, err := again.Write(bytes.ReplaceAll(raw, []byte(from), []byte(to))); err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestKeysAreJudged(t *testing.T) {
	t.Parallel()
	if _, _, err := NewKey("two words"); err == nil {
		t.Error("a name with a space is taken")
	}
	if err := Pack(io.Discard, nil, protocol.Manifest{}, "nonsense"); err == nil {
		t.Error("nonsense signs")
	}
	if CheckPublisher("nonsense") == nil {
		t.Error("nonsense is a publisher's key")
	}
}
