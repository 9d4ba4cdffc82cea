package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cordboard/cordboard/core/internal/config"
)

// TestStopLeavesNothingBehind is S6 and R8: a gateway that has taken requests, followed a stream and was stopped has no
// goroutine left, of its own or of its libraries.
func TestStopLeavesNothingBehind(t *testing.T) {
	already := goleak.IgnoreCurrent()
	settings := config.Settings{
		Addr: "127.0.0.1:0", HooksAddr: "127.0.0.1:0", DataDir: t.TempDir(), PluginDir: t.TempDir(), Workers: 4, Settle: time.Second, Grace: time.Second,
		SMTPURL: config.Secret("smtp://127.0.0.1:1"), SMTPFrom: "cordboard@example.com", APIRate: 1000,
	}
	a, err := New(t.Context(), settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	for _, c := range []struct{ method, address, body string }{
		{http.MethodGet, "http://" + a.APIAddr() + "/readyz", ""}, {http.MethodPost, "http://" + a.APIAddr() + "/api/v1/session/forgot", `{"email":"a@example.com"}`},
		{http.MethodPost, "http://" + a.HooksAddr() + "/hooks/hook_1", "{}"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, c.address, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: %s", c.address, resp.Status)
		}
	}
	client.CloseIdleConnections()
	if err := a.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, already,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),    // one for the whole process
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2")) // ends by itself, within ten seconds
}
