//go:build linux

package wholepath_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes traces as OTLP over HTTP says.
type collector struct {
	url string

	mu   sync.Mutex
	seen bytes.Buffer // messages one after the other, which read as one
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		text, err := io.ReadAll(body)
		if err == nil {
			err = proto.Unmarshal(text, &collectorv1.ExportTraceServiceRequest{})
		}
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s %s of %s: %v", r.Method, r.URL, r.Header.Get("Content-Type"), err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		c.seen.Write(text)
		c.mu.Unlock()
		answer, _ := proto.Marshal(&collectorv1.ExportTraceServiceResponse{})
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

func (c *collector) all() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.seen.Bytes())
}

// spans returns what has arrived, by name.
func (c *collector) spans(t *testing.T) map[string][]*tracev1.Span {
	t.Helper()
	var sent collectorv1.ExportTraceServiceRequest
	if err := proto.Unmarshal(c.all(), &sent); err != nil {
		t.Fatal(err)
	}
	spans := map[string][]*tracev1.Span{}
	for _, r := range sent.ResourceSpans {
		if text := fmt.Sprint(r.Resource); !strings.Contains(text, "service.name") || !strings.Contains(text, "cordboard") {
			t.Errorf("sent by %s", text)
		}
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				spans[span.Name] = append(spans[span.Name], span)
			}
		}
	}
	return spans
}

// TestACollectorSeesTheWayFromAWebhookToTheCalls: spans lead from the order's webhook over its run to each call of a connector and
// to the webhook of the answer, and tell nothing of the customer.
func TestACollectorSeesTheWayFromAWebhookToTheCalls(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		c := newCollector(t)
		env := map[string]string{"CORDBOARD_OTLP_ENDPOINT": c.url}
		for k, v := range databases {
			env[k] = v
		}
		g := newGateway(t, env, time.Minute)
		p := person{g, "+34600777001"}
		g.vendors.buy(t, order{Phone: p.phone})
		p.asked(t)
		p.says(t, "Sí")
		p.endsAs(t, outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}})
		g.stop() // which sends what is left

		spans := c.spans(t)
		one := func(name string) *tracev1.Span {
			t.Helper()
			if len(spans[name]) != 1 {
				t.Fatalf("%d spans %q in %v", len(spans[name]), name, names(spans))
			}
			return spans[name][0]
		}
		order, ran := one("webhook shopify"), one("run")
		if len(order.ParentSpanId) > 0 || len(ran.ParentSpanId) > 0 || bytes.Equal(order.TraceId, ran.TraceId) {
			t.Error("the webhook and the run are not the first of a trace each")
		}
		below := func(first *tracev1.Span, name string) *tracev1.Span {
			t.Helper()
			for _, s := range spans[name] {
				if bytes.Equal(s.TraceId, first.TraceId) && bytes.Equal(s.ParentSpanId, first.SpanId) {
					return s
				}
			}
			t.Fatalf("no span %q is below %q of trace %s", name, first.Name, hex.EncodeToString(first.TraceId))
			return nil
		}
		linked := func(from, to *tracev1.Span) {
			t.Helper()
			if !slices.ContainsFunc(from.Links, func(l *tracev1.Span_Link) bool {
				return bytes.Equal(l.TraceId, to.TraceId) && bytes.Equal(l.SpanId, to.SpanId)
			}) {
				t.Errorf("%q is not linked to %q", from.Name, to.Name)
			}
		}
		below(order, "read shopify")
		linked(below(order, "start run"), ran)
		linked(below(ran, "begin"), order)
		for _, call := range []string{"whatsapp.send_template", "whatsapp.send_text", "activecampaign.add_tag"} {
			if s := below(ran, call); s.Kind != tracev1.Span_SPAN_KIND_CLIENT {
				t.Errorf("%s is of kind %s", call, s.Kind)
			}
		}
		if len(spans["webhook whatsapp"]) == 0 {
			t.Error("the webhook of the answer is not there")
		}
		told := string(c.all())
		for _, secret := range []string{p.phone, strings.TrimPrefix(p.phone, "+"), "Sí", "demo-whatsapp-token", "demo-client-secret", "demo-activecampaign-token", g.token} {
			if strings.Contains(told, secret) {
				t.Errorf("the spans tell %q", secret)
			}
		}
	})
}

func names(spans map[string][]*tracev1.Span) (all []string) {
	for name := range spans {
		all = append(all, name)
	}
	return all
}
