//go:build linux

package wholepath_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// rent asks for a wait and returns the answer as it came.
func (g *gateway) rent(t *testing.T, key, body string) (int, string) {
	t.Helper()
	return g.try(t, http.MethodPost, "waits", key, body)
}

// try sends a request that may be refused.
func (g *gateway) try(t *testing.T, method, path, key, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.api+"/api/v1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+g.token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// rented is rent for what has to be taken.
func (g *gateway) rented(t *testing.T, key, body string) (out api.RentedWait) {
	t.Helper()
	status, text := g.rent(t, key, body)
	if err := json.Unmarshal([]byte(text), &out); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s %v", status, text, err)
	}
	return out
}

// wait loads a wait once it has come to a state.
func (g *gateway) wait(t *testing.T, id, state string) (w api.Wait) {
	t.Helper()
	eventually(t, "the wait is "+state, func() (bool, any) {
		g.call(t, http.MethodGet, "waits/"+id, nil, &w)
		return w.State == state, w
	})
	return w
}

// whose is the beginning of a rental.
func whose(phone string) string {
	return `{"contact":{"phone":"` + phone + `"},"connection":"wa","reference":"ticket of ` + phone + `","data":{"n":9007199254740993},`
}

const rentedAsk = `"ask":{"action":"whatsapp.send_text","input":{"text":"Did it arrive? {{ not.read }}"}},`

// An outside system rents waits from a gateway that knows no flow of it.
func TestAWaitIsRented(t *testing.T) {
	onBoth(t, func(t *testing.T, databases map[string]string) {
		g := newGateway(t, databases, within)
		told := make(chan string, 100)
		crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			told <- string(body)
		}))
		t.Cleanup(crm.Close)
		g.call(t, http.MethodPost, "endpoints", map[string]any{"url": crm.URL, "events": []string{"wait.replied"}}, nil)
		cases := map[string]func(t *testing.T, p person){
			"its own question is answered": func(t *testing.T, p person) {
				p.says(t, "before the question")
				p.isHeard(t, "no_match")
				got := g.rented(t, "", whose(p.phone)+`"terms":{"within":"1h"}}`)
				if !got.Fresh || got.Status != "waiting" || got.Wait == nil || got.Wait.State != "open" || got.Wait.SentAt != nil || got.Wait.Reference != "ticket of "+p.phone {
					t.Fatalf("%+v %+v", got, got.Wait)
				}
				p.says(t, "Yes")
				if w := g.wait(t, got.Wait.ID, "replied"); w.Data == nil || w.Reference != "ticket of "+p.phone || w.ClaimedBy != "reply" {
					t.Errorf("%+v", w)
				}
				p.ends(t, "succeeded", "answer.default")
				var event string
				eventually(t, "the renter is told", func() (bool, any) {
					select {
					case event = <-told:
					default:
					}
					return strings.Contains(event, p.phone), event
				})
				for _, has := range []string{`"type":"wait.replied"`, `"reference":"ticket of ` + p.phone + `"`, `"data":{"n":9007199254740993}`, `"text":"Yes"`, got.RunID} {
					if !strings.Contains(event, has) {
						t.Errorf("told %s, want %s", event, has)
					}
				}
			},
			"R2 a message of long ago is no answer": func(t *testing.T, p person) {
				p.says(t, "before the question")
				p.isHeard(t, "no_match")
				got := g.rented(t, "", whose(p.phone)+`"terms":{"within":"1h"}}`)
				if w := g.wait(t, got.Wait.ID, "open"); len(w.Events) != 1 {
					t.Errorf("%+v", w)
				}
			},
			"R2 what was said since the outside system asked is the answer": func(t *testing.T, p person) {
				p.says(t, "before the question")
				p.isHeard(t, "no_match")
				asked := time.Now().UTC().Format(time.RFC3339Nano)
				p.says(t, "Yes, quickly")
				eventually(t, "both messages are heard", func() (bool, any) {
					heard := g.heard(t, p.phone)
					return len(heard) == 2, heard
				})
				got := g.rented(t, "", whose(p.phone)+`"asked_at":"`+asked+`","terms":{"within":"1h"}}`)
				if got.Wait == nil || got.Wait.State != "replied" {
					t.Fatalf("%+v %+v", got, got.Wait)
				}
				p.ends(t, "succeeded", "answer.default")
				d, _ := p.run(t)
				if out := fmt.Sprint(d.Steps[0].Output); !strings.Contains(out, "text:Yes, quickly") || strings.Contains(out, "before") {
					t.Errorf("the run reads %s", out)
				}
			},
			"R9 an opt-out since the outside system asked ends it": func(t *testing.T, p person) {
				asked := time.Now().UTC().Format(time.RFC3339Nano)
				p.says(t, "STOP")
				p.isHeard(t, "opted_out")
				got := g.rented(t, "", whose(p.phone)+`"asked_at":"`+asked+`","terms":{"within":"1h"}}`)
				if got.Wait == nil || got.Wait.State != "cancelled" || got.Wait.ClaimedBy != "opt_out" {
					t.Errorf("%+v %+v", got, got.Wait)
				}
			},
			"silence": func(t *testing.T, p person) {
				got := g.rented(t, "", whose(p.phone)+`"terms":{"within":"2s"}}`)
				if w := g.wait(t, got.Wait.ID, "no_response"); w.ClaimedBy != "timeout" {
					t.Errorf("%+v", w)
				}
				p.ends(t, "succeeded", "answer.no_response")
			},
			"silence until a time": func(t *testing.T, p person) {
				at := time.Now().Add(10 * time.Second).UTC().Truncate(time.Second) // longer than a loaded machine takes to open the wait
				got := g.rented(t, "", whose(p.phone)+`"terms":{"within":{"until":"`+at.Format(time.RFC3339)+`"}}}`)
				if got.Wait == nil {
					t.Fatalf("no wait was opened: %+v", got)
				}
				if w := g.wait(t, got.Wait.ID, "no_response"); !w.Deadline.Equal(at) {
					t.Errorf("the deadline is %s, want %s", w.Deadline, at)
				}
			},
			"the gateway asks, once for a key": func(t *testing.T, p person) {
				body := whose(p.phone) + rentedAsk + `"terms":{"within":"1h","accept":{"choices":{"yes":["yes"]}},"retry":{"times":1,"say":"Yes or no?"}}}`
				p.says(t, "Hello") // opens the window in which WhatsApp takes free text
				p.isHeard(t, "no_match")
				first, again := g.rented(t, "key of "+p.phone, body), g.rented(t, "key of "+p.phone, body)
				if !first.Fresh || again.Fresh || first.RunID != again.RunID || first.Wait == nil || again.Wait == nil || first.Wait.ID != again.Wait.ID {
					t.Fatalf("first %+v, then %+v", first, again)
				}
				if first.Wait.SentAt == nil {
					t.Errorf("when the question was sent is not told: %+v", first.Wait)
				}
				p.says(t, "maybe")
				eventually(t, "another try is asked for", func() (bool, any) {
					sent := g.vendors.sent(t, p.phone)
					return len(sent) == 2, sent
				})
				p.says(t, "Yes!")
				g.wait(t, first.Wait.ID, "replied")
				p.ends(t, "succeeded", "ask", "answer.default")
				if sent := g.vendors.sent(t, p.phone); len(sent) != 2 {
					t.Errorf("sent %v, want the question and one more try", sent)
				}
			},
			"a contact who wants no messages is not asked": func(t *testing.T, p person) {
				p.says(t, "STOP")
				p.isHeard(t, "opted_out")
				got := g.rented(t, "", whose(p.phone)+rentedAsk+`"terms":{"within":"1h"}}`)
				if got.Wait != nil || got.Status == "waiting" || got.Reason+failureOf(got) == "" {
					t.Errorf("%+v", got)
				}
				if sent := g.vendors.sent(t, p.phone); len(sent) != 0 {
					t.Errorf("sent %v", sent)
				}
			},
			"AX-12 a contact who opts out ends it": func(t *testing.T, p person) {
				got := g.rented(t, "", whose(p.phone)+`"terms":{"within":"1h"}}`)
				p.says(t, "STOP")
				if w := g.wait(t, got.Wait.ID, "cancelled"); w.ClaimedBy != "opt_out" {
					t.Errorf("%+v", w)
				}
			},
			"it is answered, timed out and cancelled by the API": func(t *testing.T, p person) {
				for path, state := range map[string]string{"reply": "replied", "timeout": "no_response", "cancel": "cancelled"} {
					got := g.rented(t, "", whose(p.phone)+`"terms":{"within":"1h"}}`)
					if path == "cancel" {
						g.call(t, http.MethodPost, "runs/"+got.RunID+"/cancel", map[string]string{}, nil)
					} else {
						g.call(t, http.MethodPost, "waits/"+got.Wait.ID+"/"+path, map[string]string{"text": "Yes"}, nil)
					}
					g.wait(t, got.Wait.ID, state)
				}
			},
		}
		phones := newPhones()
		for name, test := range cases {
			p := person{g, phones()}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, p)
			})
		}
		t.Run("what can't be", func(t *testing.T) {
			t.Parallel()
			for body, has := range map[string]string{
				`{"contact":{"phone":"600"},"connection":"wa","terms":{"within":"1h"}}`:                                                                                            `"path":"contact.phone"`,
				`{"contact":{},"connection":"wa","terms":{"within":"1h"}}`:                                                                                                         `"path":"contact"`,
				`{"contact":{"id":"cnt_x"},"connection":"wa","terms":{"within":"1h"}}`:                                                                                             `"path":"contact.id"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wb","terms":{"within":"1h"}}`:                                                                                   `"path":"connection","message":"there is no connection \"wb\""`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":[]}`:                                                                                                `"path":"terms"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{}}`:                                                                                                `"path":"terms.within"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","data":[],"terms":{"within":"1h"}}`:                                                                         `"path":"data"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{"within":"400d","severel":"all","to":"x","from":"sent","accept":{"kind":[]}}}`:                     `"path":"terms.to"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{"within":"400d"}}`:                                                                                 `"path":"terms.within"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{"within":"1h","severel":"all"}}`:                                                                   `"path":"terms.severel"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{"within":"1h","from":"delivered"}}`:                                                                `"path":"terms.from"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{"within":{"business":"4h","calendar":"offic"}}}`:                                                   `"path":"terms.within.calendar"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{"within":{"until":"2020-01-01T00:00:00Z"}}}`:                                                       `"path":"terms.within.until"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","terms":{"within":"1h","accept":{"choices":{"yes":["a"]}},"retry":{"times":1,"say":"?"}}}`:                  `"path":"terms.retry.say"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","ask":{"action":"whatsapp.send_txt"},"terms":{"within":"1h"}}`:                                              `"path":"ask.action"`,
				`{"contact":{"phone":"+34600111999"},"connection":"crm","ask":{"action":"activecampaign.sync_contact","input":{"email":"a@example.com"}},"terms":{"within":"1h"}}`: `"path":"ask.action"`,
				`{"contact":{"phone":"+34600111999"},"connection":"my-shop","ask":{"action":"whatsapp.send_text","input":{"text":"x"}},"terms":{"within":"1h"}}`:                   `"path":"connection"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","ask":{"action":"whatsapp.send_text","input":{"txt":"x"}},"terms":{"within":"1h"}}`:                         `"path":"ask.input.text"`,
				`{"contact":{"phone":"+34600111999"},"connection":"wa","asked_at":"2020-01-01T00:00:00Z","terms":{"within":"1h"}}`:                                                 `"path":"asked_at"`,
			} {
				if status, text := g.rent(t, "", body); status != http.StatusUnprocessableEntity || !strings.Contains(text, has) {
					t.Errorf("%s\n%d %s\nwant %s", body, status, text, has)
				}
			}
			if _, known := g.contact(t, "+34600111999"); known {
				t.Error("what was refused made a contact")
			}
		})
		t.Run("equal terms are one version, which nobody edits", func(t *testing.T) {
			t.Parallel()
			a := g.rented(t, "", whose("+34600222001")+`"terms":{"within":"61m"}}`)
			b := g.rented(t, "", whose("+34600222002")+`"terms":{ "within": "61m" }}`)
			c := g.rented(t, "", whose("+34600222002")+`"terms":{"within":"62m"}}`)
			version := func(r api.RentedWait) int {
				var d api.RunDetail
				g.call(t, http.MethodGet, "runs/"+r.RunID, nil, &d)
				return d.FlowVersion
			}
			if version(a) != version(b) || version(a) == version(c) {
				t.Errorf("versions %d, %d and %d", version(a), version(b), version(c))
			}
			var flows api.List[api.Flow]
			g.call(t, http.MethodGet, "flows", nil, &flows)
			if len(flows.Items) != 1 {
				t.Errorf("the list has %+v", flows.Items)
			}
			for request, want := range map[string]int{"POST flows/api:waits/start {}": 409, "POST flows/api:waits/enable {}": 200, "PUT flows/api:waits {}": 422, "PUT flows/api:waits/draft?revision=1 {}": 422, "POST runs/" + c.RunID + "/replay {}": 409} {
				part := strings.Fields(request)
				if status, text := g.try(t, part[0], part[1], "", part[2]); status != want {
					t.Errorf("%s: %d %s, want %d", request, status, text, want)
				}
			}
			var runs api.List[api.Run]
			if g.call(t, http.MethodGet, "runs?flow=api:waits&limit=200", nil, &runs); len(runs.Items) < 3 {
				t.Errorf("its runs are %+v", runs.Items)
			}
		})
	})
}

func failureOf(r api.RentedWait) string {
	if r.Failure == nil {
		return ""
	}
	return r.Failure.Message
}

// ends waits for the end of the person's one run and looks which way it took.
func (p person) ends(t *testing.T, status string, path ...string) {
	t.Helper()
	eventually(t, "the run ends", func() (bool, any) {
		d, ok := p.run(t)
		return ok && d.EndedAt != nil, d.Run
	})
	d, _ := p.run(t)
	var took []string
	for _, s := range d.Steps {
		took = append(took, strings.TrimSuffix(s.ID+"."+s.Exit, "."))
	}
	if d.Status != status || strings.Join(took, " ") != strings.Join(path, " ") {
		t.Errorf("%s by %v, want %s by %v", d.Status, took, status, path)
	}
}
