package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Fault scripts trouble for a vendor's next calls. WhatsApp counts only sends; Shopify and ActiveCampaign
// count every call.
type Fault struct {
	// Times is how many calls it meets; zero means one.
	Times int `json:"times,omitempty"`
	// To limits it to one WhatsApp recipient.
	To string `json:"to,omitempty"`
	// Code answers with this WhatsApp error code, in the vendor's envelope.
	Code int `json:"code,omitempty"`
	// AsyncCode accepts the WhatsApp message and reports this failure by webhook.
	AsyncCode int `json:"async_code,omitempty"`
	// Status answers with this HTTP status and Body as they are, for example a 502 page.
	Status int    `json:"status,omitempty"`
	Body   string `json:"body,omitempty"`
	// RetryAfter, in seconds, goes with Status as the Retry-After header.
	RetryAfter int `json:"retry_after,omitempty"`
	// SlowMS does the work at once but holds back the answer, so that webhooks can overtake it.
	SlowMS int `json:"slow_ms,omitempty"`
	// Drop cuts the connection without an answer: "before" the work is done, or "after".
	Drop string `json:"drop,omitempty"`
}

// Fail scripts trouble for a vendor: "whatsapp", "shopify", "activecampaign", or "trackcmp", ActiveCampaign's tracking host.
func (s *Sandbox) Fail(vendor string, f Fault) error {
	if f.Drop != "" && f.Drop != "before" && f.Drop != "after" {
		return fmt.Errorf(`drop is %q, want "before" or "after"`, f.Drop)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		return fmt.Errorf("status is %d, want an HTTP status", f.Status)
	}
	switch vendor {
	case "whatsapp":
		s.whatsApp.faults.add(f)
	case "shopify":
		s.shopify.faults.add(f)
	case "activecampaign":
		s.activeCampaign.faults.add(f)
	case "trackcmp":
		s.activeCampaign.trackingFaults.add(f)
	default:
		return fmt.Errorf("unknown vendor %q", vendor)
	}
	return nil
}

// faults are the scripted troubles of one vendor, used up in the order they came.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

func (f *faults) add(x Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x.Times = max(x.Times, 1)
	x.To = digits(x.To)
	f.list = append(f.list, x)
}

// take uses up one count of the first fault that fits; the zero Fault means there is none.
func (f *faults) take(to string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.list {
		if x.To != "" && x.To != to {
			continue
		}
		if f.list[i].Times--; f.list[i].Times == 0 {
			f.list = slices.Delete(f.list, i, i+1)
		}
		return x
	}
	return Fault{}
}

func (f *faults) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// before plays what happens instead of the work and reports whether the answer is already given.
func (x Fault) before(w http.ResponseWriter) bool {
	switch {
	case x.Drop == "before":
		panic(http.ErrAbortHandler)
	case x.Status != 0:
		if x.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(x.RetryAfter))
		}
		w.WriteHeader(x.Status)
		_, _ = w.Write([]byte(x.Body))
		return true
	}
	return false
}

// after plays what happens between the work and its answer.
func (x Fault) after(r *http.Request) {
	if x.SlowMS > 0 {
		select {
		case <-time.After(time.Duration(x.SlowMS) * time.Millisecond):
		case <-r.Context().Done():
		}
	}
	if x.Drop == "after" {
		panic(http.ErrAbortHandler)
	}
}
