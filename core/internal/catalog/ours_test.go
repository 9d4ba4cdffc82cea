package catalog_test

import (
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestNamesOfOursAreTaken: a connector called so could pass its requests off as the gateway's own.
func TestNamesOfOursAreTaken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cordboard", "webhook", "contact", "message"} {
		if err := catalog.Check(protocol.Manifest{Name: name, Title: "A", Version: "1.0.0"}); err == nil || !strings.Contains(err.Error(), "is taken") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
