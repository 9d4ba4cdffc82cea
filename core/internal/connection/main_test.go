package connection

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The node that dies in TestCase11 goes on trying to store its token until the lease is over.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/cordboard/cordboard/core/internal/connection.(*Service).renewOnce"))
}
