package author

import (
	"bytes"
	"context"
	"os"

	"github.com/cordboard/cordboard/core/internal/parcel"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Pack makes the one file in which a connector travels. The program is started once to describe itself. An empty key signs
// nothing. Mistakes are an *InputError.
func Pack(ctx context.Context, path, key string) ([]byte, protocol.Manifest, error) {
	manifest, err := Manifest(ctx, path)
	if err != nil {
		return nil, protocol.Manifest{}, err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, protocol.Manifest{}, err
	}
	var out bytes.Buffer
	if err := parcel.Pack(&out, program, manifest, key); err != nil {
		return nil, protocol.Manifest{}, inputf("%v", err)
	}
	if out.Len() > parcel.MaxSize {
		return nil, protocol.Manifest{}, inputf("%s is %d MiB packed, and a gateway takes %d; build it without debugging symbols (go build -ldflags=-s)", path, out.Len()>>20, parcel.MaxSize>>20)
	}
	return out.Bytes(), manifest, nil
}
