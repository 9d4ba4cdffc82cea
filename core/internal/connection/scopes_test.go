package connection

import "testing"

func TestScopesAreTold(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]string{"read write": "read write", "read_orders,write_orders": "read_orders write_orders", "a, b": "a b", "": ""} {
		if got := scopesOf(told); got != want {
			t.Errorf("%q: %q", told, got)
		}
	}
}
