package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// TrackedEvent is an event that the CRM was told of a contact.
type TrackedEvent struct {
	Email string `json:"email"`
	Name  string `json:"event"`
	Data  string `json:"eventdata"`
}

// TrackedEvents lists what the tracking host was told of known contacts, oldest first.
func (s *Sandbox) TrackedEvents() []TrackedEvent {
	a := s.activeCampaign
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.tracked)
}

// trackingHandler is the tracking host, which takes forms and knows neither the API's token nor its limit. What it does
// not like it refuses with 200.
func (a *activeCampaign) trackingHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /event", func(w http.ResponseWriter, r *http.Request) {
		fault := a.trackingFaults.take("")
		if fault.before(w) {
			return
		}
		answer := object{"success": 1, "message": "Event spawned"}
		if problem := a.track(r); problem != "" {
			answer = object{"success": 0, "message": problem}
		}
		fault.after(r)
		writeJSON(w, http.StatusOK, answer)
	})
	return mux
}

// track keeps an event and says what was wrong with it, if anything was. An event of nobody the account knows is taken
// and lost, as at the vendor.
func (a *activeCampaign) track(r *http.Request) string {
	body, err := readBody(r)
	if err != nil {
		return "The request is too large"
	}
	form := url.Values{} // of another type than a form nothing is read
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if form, err = url.ParseQuery(string(body)); err != nil {
			return "The request could not be read"
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var visit struct {
		Email string `json:"email"`
	}
	name := form.Get("event")
	switch {
	case form.Get("actid") != a.cfg.EventAccount || form.Get("key") != a.cfg.EventKey:
		return "Invalid account or key"
	case a.trackingOff:
		return "Event tracking is not enabled"
	case name == "" || utf8.RuneCountInString(name) > 32:
		return "Invalid event"
	case json.Unmarshal([]byte(form.Get("visit")), &visit) != nil || visit.Email == "":
		return "Invalid visit"
	}
	if !slices.Contains(a.eventNames, name) {
		a.eventNames = append(a.eventNames, name)
	}
	if a.byEmail(visit.Email) != nil {
		a.tracked = append(a.tracked, TrackedEvent{Email: visit.Email, Name: name, Data: form.Get("eventdata")})
		a.env.changes.notify()
	}
	return ""
}

func (a *activeCampaign) listEventNames(r *http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := []object{}
	for _, name := range page(r, a.eventNames) {
		rows = append(rows, object{"name": name})
	}
	return http.StatusOK, object{"eventTrackingEvents": rows, "meta": object{"total": len(a.eventNames)}}
}

func (a *activeCampaign) createEventName(r *http.Request) (int, any) {
	var body struct {
		Event struct {
			Name string `json:"name"`
		} `json:"eventTrackingEvent"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	if body.Event.Name == "" {
		return invalidField("Missing attribute", "", "name")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.eventNames, body.Event.Name) {
		a.eventNames = append(a.eventNames, body.Event.Name)
	}
	return http.StatusCreated, object{"eventTrackingEvent": object{"name": body.Event.Name}}
}

func (a *activeCampaign) getTracking(*http.Request) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return http.StatusOK, object{"eventTracking": object{"enabled": !a.trackingOff}}
}

func (a *activeCampaign) setTracking(r *http.Request) (int, any) {
	var body struct {
		Tracking struct {
			Enabled bool `json:"enabled"`
		} `json:"eventTracking"`
	}
	if !decode(r, &body) {
		return http.StatusBadRequest, object{}
	}
	a.mu.Lock()
	a.trackingOff = !body.Tracking.Enabled
	a.mu.Unlock()
	return a.getTracking(r)
}
