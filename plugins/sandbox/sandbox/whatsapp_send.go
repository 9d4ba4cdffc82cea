package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// serviceWindow is how long free-form messages may follow a person's last one.
const serviceWindow = 24 * time.Hour

// sendRequest is a message as the API takes it.
type sendRequest struct {
	Product   string          `json:"messaging_product"`
	Status    string          `json:"status"`     // "read" marks an inbound message as read
	MessageID string          `json:"message_id"` // the one that was read
	To        string          `json:"to"`
	Recipient string          `json:"recipient"`
	Type      string          `json:"type"`
	Opaque    string          `json:"biz_opaque_callback_data"`
	Context   *messageContext `json:"context"`

	Text        *textContent        `json:"text"`
	Template    *templateContent    `json:"template"`
	Interactive *interactiveContent `json:"interactive"`
	Image       *mediaContent       `json:"image"`
	Video       *mediaContent       `json:"video"`
	Audio       *mediaContent       `json:"audio"`
	Document    *mediaContent       `json:"document"`
	Sticker     *mediaContent       `json:"sticker"`
	Location    json.RawMessage     `json:"location"`
	Contacts    json.RawMessage     `json:"contacts"`
	Reaction    *reactionContent    `json:"reaction"`
}

type messageContext struct {
	MessageID string `json:"message_id"`
}

// asyncBySuffix are recipients whose messages are accepted and then fail, by the end of their number.
var asyncBySuffix = map[string]int{"0026": 131026, "0049": 131049, "0050": 131050, "0472": 130472, "0042": 131042}

func (w *whatsApp) postMessage(rw http.ResponseWriter, r *http.Request) {
	var req sendRequest
	if !w.decodeJSON(rw, r, &req) {
		return
	}
	if req.Product != "whatsapp" {
		writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) The parameter messaging_product is required."})
		return
	}
	if req.Status == "read" {
		w.markRead(rw, req.MessageID)
		return
	}
	fault := w.faults.take(waID(req.To))
	if fault.before(rw) {
		return
	}
	if fault.Code != 0 {
		writeGraphError(rw, knownError(fault.Code))
		return
	}
	sent, problem := w.accept(req, fault.AsyncCode)
	if problem != nil {
		writeGraphError(rw, *problem)
		return
	}
	w.env.changes.notify()
	w.scheduleStatuses(sent)
	fault.after(r)
	answer := map[string]any{"id": sent.ID}
	if sent.Type == "template" {
		answer["message_status"] = "accepted"
	}
	writeGraph(rw, map[string]any{
		"messaging_product": "whatsapp",
		"contacts":          []any{map[string]any{"input": req.To, "wa_id": sent.Phone}},
		"messages":          []any{answer},
	})
}

// accept checks a message as Meta does, first problem first, and stores it.
func (w *whatsApp) accept(req sendRequest, asyncCode int) (Message, *graphError) {
	setDefault(&req.Type, "text")
	if req.To == "" && req.Recipient == "" {
		return Message{}, &graphError{status: 400, code: 131008, text: "(#131008) Required parameter is missing", details: "Parameter 'to' is mandatory."}
	}
	to := waID(req.To)
	if len(to) < 7 || len(to) > 15 {
		return Message{}, invalid("to is not a phone number")
	}
	if to == digits(w.cfg.DisplayNumber) {
		return Message{}, &graphError{status: 400, code: 131021, text: "(#131021) Recipient cannot be sender", details: "Recipient and sender are the same number."}
	}
	if len(req.Opaque) > 512 {
		return Message{}, invalid("biz_opaque_callback_data must be at most 512 bytes long")
	}
	m := Message{
		Direction: Out, Phone: to, Type: req.Type, Opaque: req.Opaque, At: w.env.clock.now(), Status: "accepted", asyncCode: asyncCode,
	}
	if req.Context != nil {
		m.ContextID = req.Context.MessageID
	}
	problem := req.check(&m, w.cfg.Templates)
	if problem != nil {
		return Message{}, problem
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	now, p := m.At, w.person(to)
	if !w.throughput.take(1, now) {
		e := knownError(130429)
		return Message{}, &e
	}
	if !p.pair.take(1, now) {
		e := knownError(131056)
		return Message{}, &e
	}
	if m.asyncCode == 0 && len(to) >= 4 {
		m.asyncCode = asyncBySuffix[to[len(to)-4:]]
	}
	if m.Type != "template" && now.Sub(p.lastIn) >= serviceWindow {
		if w.cfg.StrictWindow {
			e := knownError(131047)
			return Message{}, &e
		}
		setDefault(&m.asyncCode, 131047)
	}
	if m.Type == "reaction" && w.find(req.Reaction.MessageID) == nil {
		setDefault(&m.asyncCode, 131009)
	}
	m.Name, m.ID = p.name, newWamid(to)
	w.messages = append(w.messages, &m)
	return m, nil
}

// find is the message with an id, or nil. The caller holds mu.
func (w *whatsApp) find(id string) *Message {
	i := slices.IndexFunc(w.messages, func(m *Message) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return w.messages[i]
}

func (w *whatsApp) markRead(rw http.ResponseWriter, id string) {
	w.mu.Lock()
	m := w.find(id)
	known := m != nil && m.Direction == In
	if known {
		for _, earlier := range w.messages { // reading one reads those before it
			if earlier.Direction == In && earlier.Phone == m.Phone && !earlier.At.After(m.At) {
				earlier.Status = "read"
			}
		}
	}
	w.mu.Unlock()
	if !known {
		writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) Invalid parameter", details: "The message id is unknown."})
		return
	}
	w.env.changes.notify()
	writeGraph(rw, map[string]any{"success": true})
}

// waID is the number as WhatsApp keeps it: digits only, and without the ninth digit that older Brazilian
// accounts outside a few areas never got.
func waID(number string) string {
	d := digits(number)
	if len(d) == 13 && strings.HasPrefix(d, "55") && d[4] == '9' {
		switch area := d[2:4]; {
		case area >= "11" && area <= "19", slices.Contains([]string{"21", "22", "24", "27", "28"}, area):
		default:
			return d[:4] + d[5:]
		}
	}
	return d
}

func newWamid(phone string) string {
	return "wamid." + base64.StdEncoding.EncodeToString(fmt.Appendf([]byte{0x1c, 0x18, byte(len(phone))}, "%s\x15\x02\x00\x11\x18\x12%s\x00", phone, strings.ToUpper(randomHex(9))))
}

func invalid(details string) *graphError {
	return &graphError{status: 400, code: 131009, text: "(#131009) Parameter value is not valid", details: details}
}

func missing(parameter string) *graphError {
	return &graphError{status: 400, code: 131008, text: "(#131008) Required parameter is missing", details: "Parameter '" + parameter + "' is mandatory for type '" + parameter + "'."}
}
