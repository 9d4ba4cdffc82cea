//go:build linux

package wholepath_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// vendors is the sandbox, and the person who works its admin API.
type vendors struct{ url string }

func startSandbox(t *testing.T, more ...string) *vendors {
	t.Helper()
	addr := freeAddr(t)
	start(t, sandboxProgram(), nil, append([]string{"serve", "--addr", addr, "--status-delay", "100ms"}, more...)...)
	v := &vendors{url: "http://" + addr}
	v.await(t)
	return v
}

// await returns when the sandbox answers.
func (v *vendors) await(t *testing.T) {
	t.Helper()
	eventually(t, "the sandbox answers", func() (bool, any) {
		resp, err := http.Get(v.url + "/sandbox/state")
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK, resp.Status
	})
}

func (v *vendors) get(t *testing.T, path string, into any) {
	t.Helper()
	exchange(t, http.MethodGet, v.url+"/sandbox/"+path, "", nil, into)
}

func (v *vendors) post(t *testing.T, path string, body, into any) {
	t.Helper()
	exchange(t, http.MethodPost, v.url+"/sandbox/"+path, "", body, into)
}

// order is what a customer buys; an empty one is Product X once.
type order struct {
	Phone        string  `json:"phone"`
	Email        string  `json:"email"`
	ProductIDs   []int64 `json:"product_ids,omitempty"`
	Copies       int     `json:"copies,omitempty"`
	BadSignature bool    `json:"bad_signature,omitempty"`
}

const productX, productY = 632910392, 921728736

// buy places an order. Each customer is known by a phone number of their own.
func (v *vendors) buy(t *testing.T, o order) {
	t.Helper()
	if o.Email == "" {
		o.Email = emailOf(o.Phone)
	}
	v.post(t, "shopify/orders", o, nil)
}

func emailOf(phone string) string { return "buyer" + strings.TrimPrefix(phone, "+") + "@example.com" }

type reply struct {
	From         string `json:"from"`
	Text         string `json:"text"`
	BadSignature bool   `json:"bad_signature,omitempty"`
}

func (v *vendors) reply(t *testing.T, r reply) {
	t.Helper()
	v.post(t, "whatsapp/reply", r, nil)
}

// sent lists what the business has said to a number: the template's name or the type of each message.
func (v *vendors) sent(t *testing.T, phone string) []string {
	t.Helper()
	var messages []struct{ Direction, Type, Template string }
	v.get(t, "whatsapp/messages?to="+url.QueryEscape(phone), &messages)
	var sent []string
	for _, m := range messages {
		switch {
		case m.Direction == "in":
		case m.Template != "":
			sent = append(sent, m.Template)
		default:
			sent = append(sent, m.Type)
		}
	}
	return sent
}

// tags lists a customer's tags in the CRM.
func (v *vendors) tags(t *testing.T, phone string) []string {
	t.Helper()
	var contacts []struct {
		Email string
		Tags  []string
	}
	v.get(t, "activecampaign/contacts", &contacts)
	for _, c := range contacts {
		if c.Email == emailOf(phone) {
			return c.Tags
		}
	}
	return nil
}

// delivery is a webhook on its way to the gateway.
type delivery struct {
	ID, Topic, Body, State string
	At                     time.Time
	Attempts               []struct{ Status int }
}

// deliveries lists a vendor's webhooks whose body has a text in it.
func (v *vendors) deliveries(t *testing.T, vendor, text string) []delivery {
	t.Helper()
	var all, found []delivery
	v.get(t, "webhooks?vendor="+vendor, &all)
	for _, d := range all {
		if strings.Contains(d.Body, text) {
			found = append(found, d)
		}
	}
	return found
}
