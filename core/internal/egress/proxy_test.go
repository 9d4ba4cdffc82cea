package egress

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

func TestTheProxyEnvironmentIsIgnored(t *testing.T) {
	var used atomic.Bool
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { used.Store(true) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	g, p := setup(t, func(w http.ResponseWriter, _ *http.Request) {})
	if _, err := g.do(http.MethodGet, "/", nil, ""); err != nil {
		t.Fatal(err)
	}
	if used.Load() || p.last == nil {
		t.Error("the request went to the proxy of the environment")
	}
}
