package host

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCase30AConnectorDialsOnceAPersonHasAllowedIt: one that asks to dial by itself takes no call before it may, then reaches
// the network and still nobody's files, and no more when it may not; the others are kept from it all along.
func TestCase30AConnectorDialsOnceAPersonHasAllowedIt(t *testing.T) {
	needs(t, NoNetwork)
	needs(t, NoOtherFiles)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tcp.Close() }()
	dial := attempt{Address: "tcp " + tcp.Addr().String()}
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := host(t, folder(t, "dialler", "hostile"))
	refused := func() {
		t.Helper()
		if _, err := h.Connector("dialler"); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("got %v", err)
		}
		for _, in := range h.Connectors() {
			if in.Name == "dialler" && (in.State != Refused || !strings.Contains(in.Problem, "has to allow it")) {
				t.Errorf("it is %+v", in.Health)
			}
		}
	}
	refused()
	if err := h.AllowDirect(t.Context(), "nobody", true); !errors.Is(err, ErrUnknown) {
		t.Errorf("allowing nobody: %v", err)
	}
	if err := h.AllowDirect(t.Context(), "dialler", true); err != nil {
		t.Fatal(err)
	}
	c, other := connector(t, h, "dialler"), connector(t, h, "hostile")
	if got := tried(t, c, "dial", dial); got != "connected" {
		t.Errorf("allowed: %s", got)
	}
	if got := tried(t, c, "read", attempt{Path: "/etc/resolv.conf"}); strings.HasPrefix(got, "error: ") {
		t.Errorf("the name servers: %s", got)
	}
	if got := tried(t, c, "read", attempt{Path: file}); !denied(got) {
		t.Errorf("a file: %s", got)
	}
	if got := tried(t, other, "dial", dial); !strings.HasPrefix(got, "error: ") {
		t.Errorf("another: %s", got)
	}
	// Allowing one that does not ask for it opens nothing.
	if err := h.AllowDirect(t.Context(), "hostile", true); err != nil {
		t.Fatal(err)
	}
	if got := tried(t, other, "dial", dial); !strings.HasPrefix(got, "error: ") {
		t.Errorf("one that did not ask: %s", got)
	}
	if err := h.AllowDirect(t.Context(), "dialler", false); err != nil {
		t.Fatal(err)
	}
	refused()
}
