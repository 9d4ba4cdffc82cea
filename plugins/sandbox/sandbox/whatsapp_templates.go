package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Template is one translation of a message template. Params in Body read {{1}}, or {{name}} if Named.
type Template struct {
	Name, Language, Status, Category string
	Header, Body, Footer             string
	Buttons                          []string // quick replies
	Named                            bool

	Media    string   // kind of a header that is a file, a place or a thing: image, video, document, location or product
	Links    []string // buttons that open an address with a place at its end; they follow the quick replies
	CopyCode bool     // the last button copies a code
	Form     bool     // the last button opens a WhatsApp flow
	Last     string   // kind of a last button of another sort: catalog, mpm, voice_call or order_details
	Offer    bool     // has a limited-time offer
	Cards    int      // of a carousel; each has an image and a link with a place
}

func defaultTemplates() []Template {
	return []Template{
		{Name: "verify_purchase", Language: "es", Status: "APPROVED", Category: "UTILITY", Footer: "Bottega Rossi",
			Body: "¡Gracias por tu pedido {{1}}! ¿Nos confirmas que la compra es tuya?", Buttons: []string{"Sí", "No"}},
		{Name: "verify_purchase", Language: "en", Status: "APPROVED", Category: "UTILITY", Footer: "Bottega Rossi",
			Body: "Thank you for order {{1}}! Was it you who bought it?", Buttons: []string{"Yes", "No"}},
		{Name: "reminder", Language: "es", Status: "APPROVED", Category: "UTILITY",
			Body: "Seguimos aquí por si necesitas ayuda con tu compra. Responde a este mensaje cuando quieras."},
		{Name: "reminder", Language: "en", Status: "APPROVED", Category: "UTILITY",
			Body: "We are still here if you need help with your purchase. Just answer this message."},
		{Name: "autumn_sale", Language: "es", Status: "PAUSED", Category: "MARKETING", Body: "Rebajas de otoño: 20 % hasta el domingo."},
	}
}

var placeholder = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// params are the names a text waits for, each once, in order.
func params(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

type templateContent struct {
	Name     string `json:"name"`
	Language struct {
		Code   string `json:"code"`
		Policy string `json:"policy"`
	} `json:"language"`
	Components []templateComponent `json:"components"`
}

type templateComponent struct {
	Type       string          `json:"type"`
	SubType    string          `json:"sub_type"`
	Index      any             `json:"index"` // "0" or 0
	Parameters []templateParam `json:"parameters"`
	Cards      []struct {
		Index      int                 `json:"card_index"`
		Components []templateComponent `json:"components"`
	} `json:"cards"`
}

type templateParam struct {
	Type          string `json:"type"`
	ParameterName string `json:"parameter_name"`
	Text          string `json:"text"`
	Payload       string `json:"payload"`
	CouponCode    string `json:"coupon_code"`
	Minutes       int    `json:"ttl_minutes"`
	Action        struct {
		Token     string           `json:"flow_token"`
		Thumbnail string           `json:"thumbnail_product_retailer_id"`
		Sections  []productSection `json:"sections"`
		Order     *order           `json:"order_details"`
	} `json:"action"`
	Product *struct {
		ID        string `json:"product_retailer_id"`
		CatalogID string `json:"catalog_id"`
	} `json:"product"`
	Image    *mediaContent   `json:"image"`
	Video    *mediaContent   `json:"video"`
	Document *mediaContent   `json:"document"`
	Location json.RawMessage `json:"location"`
	Offer    *struct {
		Expires int64 `json:"expiration_time_ms"`
	} `json:"limited_time_offer"`
	Currency *struct {
		Fallback  string `json:"fallback_value"`
		Code      string `json:"code"`
		Thousands *int64 `json:"amount_1000"`
	} `json:"currency"`
	DateTime *struct {
		Fallback string `json:"fallback_value"`
	} `json:"date_time"`
}

// check looks the template up, compares the components with it, and fills in what the phone shows.
func (c *templateContent) check(m *Message, all []Template) *graphError {
	m.Template, m.Language = c.Name, c.Language.Code
	if c.Name == "" || c.Language.Code == "" {
		return &graphError{status: 400, code: 131008, text: "(#131008) Required parameter is missing", details: "template['name'] and template['language']['code'] are mandatory."}
	}
	if p := c.Language.Policy; p != "" && p != "deterministic" {
		return invalid("language policy must be deterministic")
	}
	i := slices.IndexFunc(all, func(t Template) bool { return t.Name == c.Name && t.Language == c.Language.Code })
	if i < 0 {
		e := knownError(132001)
		e.details = fmt.Sprintf("template name (%s) does not exist in %s", c.Name, c.Language.Code)
		return &e
	}
	t := all[i]
	switch t.Status {
	case "APPROVED":
	case "PAUSED":
		e := knownError(132015)
		return &e
	case "DISABLED":
		e := knownError(132016)
		return &e
	default:
		e := knownError(132001)
		e.details = fmt.Sprintf("template name (%s) is not approved in %s", c.Name, c.Language.Code)
		return &e
	}
	for _, text := range t.Buttons {
		m.Buttons = append(m.Buttons, Button{Kind: "button", ID: text, Text: text})
	}
	header, body, problem := t.compare(m, c.Components)
	if problem != nil {
		return problem
	}
	m.Header, m.Text, m.Footer = header, body, t.Footer
	return nil
}

// compare checks the components of a message against the template and returns its header and body filled in.
func (t Template) compare(m *Message, components []templateComponent) (header, body string, problem *graphError) {
	given := map[string][]templateParam{}
	filled := map[int]bool{}
	offer, cards := false, 0
	for _, comp := range components {
		switch kind := strings.ToLower(comp.Type); kind {
		case "header", "body":
			given[kind] = comp.Parameters
		case "button":
			i, problem := t.button(m.Buttons, comp)
			if problem != nil {
				return "", "", problem
			}
			filled[i] = true
		case "limited_time_offer":
			offer = len(comp.Parameters) == 1 && comp.Parameters[0].Offer != nil && comp.Parameters[0].Offer.Expires > 0
		case "carousel":
			cards = len(comp.Cards)
			for i, card := range comp.Cards {
				one := Template{Media: "image", Links: []string{""}}
				if _, _, problem := one.compare(&Message{}, card.Components); problem != nil || card.Index != i {
					return "", "", count(fmt.Sprintf("carousel: card %d does not match the template", i))
				}
			}
		default:
			return "", "", invalid(fmt.Sprintf("component type %q is not part of the template", comp.Type))
		}
	}
	for i := range t.Links {
		if !filled[len(t.Buttons)+i] {
			return "", "", count(fmt.Sprintf("button: the parameter at index %d is missing", len(t.Buttons)+i))
		}
	}
	if (t.Last == "mpm" || t.Last == "order_details") && !filled[len(t.Buttons)+len(t.Links)] {
		return "", "", count("button: what " + t.Last + " shows is missing")
	}
	if t.CopyCode && !filled[len(t.Buttons)+len(t.Links)] || offer != t.Offer || cards != t.Cards {
		return "", "", count("the code, the offer or the cards do not match the template")
	}
	if t.Media != "" {
		if len(given["header"]) != 1 || !given["header"][0].is(t.Media) {
			return "", "", wrongFormat("header: Format mismatch, expected " + strings.ToUpper(t.Media))
		}
		header = "[" + t.Media + "]"
	} else if header, problem = t.fill("header", t.Header, given["header"]); problem != nil {
		return "", "", problem
	}
	body, problem = t.fill("body", t.Body, given["body"])
	return header, body, problem
}

// is says that a parameter is a file or a place of that kind.
func (p templateParam) is(kind string) bool {
	file := map[string]*mediaContent{"image": p.Image, "video": p.Video, "document": p.Document}[kind]
	if kind == "product" {
		return p.Type == kind && p.Product != nil && p.Product.ID != "" && p.Product.CatalogID != ""
	}
	return p.Type == kind && (file != nil && (file.ID == "") != (file.Link == "") || kind == "location" && checkLocation(p.Location, &Message{}) == nil)
}

func count(details string) *graphError {
	e := knownError(132000)
	e.details = details
	return &e
}

// fill puts parameters into a component's text.
func (t Template) fill(component, text string, given []templateParam) (string, *graphError) {
	names := params(text)
	if len(given) != len(names) {
		e := knownError(132000)
		e.details = fmt.Sprintf("%s: number of localizable_params (%d) does not match the expected number of params (%d)", component, len(given), len(names))
		return "", &e
	}
	values := map[string]string{}
	for i, p := range given {
		name := strconv.Itoa(i + 1)
		if t.Named {
			name = p.ParameterName
		}
		if t.Named != (p.ParameterName != "") || !slices.Contains(names, name) {
			return "", wrongFormat(fmt.Sprintf("%s: parameter_name %q does not fit the template", component, p.ParameterName))
		}
		value, ok := p.value()
		if !ok {
			return "", wrongFormat(fmt.Sprintf("%s: parameter type %q does not fit, or its value is empty", component, p.Type))
		}
		if strings.ContainsAny(value, "\n\t") || strings.Contains(value, "     ") {
			return "", &graphError{status: 400, code: 100, text: "(#100) Invalid parameter", details: "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"}
		}
		values[name] = value
	}
	full := placeholder.ReplaceAllStringFunc(text, func(s string) string { return values[placeholder.FindStringSubmatch(s)[1]] })
	if utf8.RuneCountInString(full) > 1024 {
		return "", &graphError{status: 400, code: 132005, text: "(#132005) Translated text too long", details: component + " is longer than 1024 characters after filling in"}
	}
	return full, nil
}

func (p templateParam) value() (string, bool) {
	switch {
	case p.Type == "text":
		return p.Text, p.Text != ""
	case p.Type == "currency" && p.Currency != nil:
		return p.Currency.Fallback, p.Currency.Fallback != "" && len(p.Currency.Code) == 3 && p.Currency.Thousands != nil
	case p.Type == "date_time" && p.DateTime != nil:
		return p.DateTime.Fallback, p.DateTime.Fallback != ""
	}
	return "", false
}

func wrongFormat(details string) *graphError {
	e := knownError(132012)
	e.details = details
	return &e
}

func (w *whatsApp) listTemplates(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	rows := []map[string]any{}
	for i, t := range w.cfg.Templates {
		matches := func(key, value string) bool { return q.Get(key) == "" || strings.EqualFold(q.Get(key), value) }
		if matches("name", t.Name) && matches("language", t.Language) && matches("status", t.Status) && matches("category", t.Category) {
			rows = append(rows, pick(t.row(i), q.Get("fields")))
		}
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit <= 0 {
		limit = 25
	}
	from := 0
	if after := q.Get("after"); after != "" {
		raw, err := base64.RawURLEncoding.DecodeString(after)
		if from, _ = strconv.Atoi(string(raw)); err != nil || from <= 0 {
			writeGraphError(rw, graphError{status: 400, code: 100, text: "(#100) Invalid parameter", details: "Invalid cursors values"})
			return
		}
	}
	from = min(from, len(rows))
	to := min(from+limit, len(rows))
	cursor := func(i int) string { return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(i))) }
	answer := map[string]any{"data": rows[from:to]}
	if to > from {
		paging := map[string]any{"cursors": map[string]any{"before": cursor(from), "after": cursor(to)}}
		if to < len(rows) {
			q.Set("after", cursor(to))
			paging["next"] = "https://graph.facebook.com/" + rw.Header().Get("facebook-api-version") + r.URL.Path + "?" + q.Encode()
		}
		answer["paging"] = paging
	}
	writeGraph(rw, answer)
}

func (t Template) row(i int) map[string]any {
	var components []any
	text := func(kind, s string) {
		if s == "" {
			return
		}
		c := map[string]any{"type": kind, "text": s}
		if kind == "HEADER" {
			c["format"] = "TEXT"
		}
		if names := params(s); len(names) > 0 {
			c["example"] = map[string]any{strings.ToLower(kind) + "_text": [][]string{slices.Repeat([]string{"#1042"}, len(names))}}
			if t.Named {
				var named []any
				for _, n := range names {
					named = append(named, map[string]any{"param_name": n, "example": "#1042"})
				}
				c["example"] = map[string]any{strings.ToLower(kind) + "_text_named_params": named}
			}
		}
		components = append(components, c)
	}
	text("HEADER", t.Header)
	if t.Media != "" {
		components = append(components, map[string]any{"type": "HEADER", "format": strings.ToUpper(t.Media)})
	}
	text("BODY", t.Body)
	text("FOOTER", t.Footer)
	if len(t.Buttons)+len(t.Links) > 0 || t.CopyCode || t.Form || t.Last != "" {
		var buttons []any
		for _, b := range t.Buttons {
			buttons = append(buttons, map[string]any{"type": "QUICK_REPLY", "text": b})
		}
		for _, b := range t.Links {
			buttons = append(buttons, map[string]any{"type": "URL", "text": b, "url": "https://shop.example.com/{{1}}", "example": []string{"https://shop.example.com/orders/1"}})
		}
		if t.CopyCode {
			buttons = append(buttons, map[string]any{"type": "COPY_CODE", "text": "Copy", "example": []string{"SAVE10"}})
		}
		if t.Form {
			buttons = append(buttons, map[string]any{"type": "FLOW", "text": "Fill in", "flow_id": 1689556908129900})
		}
		if t.Last != "" {
			buttons = append(buttons, map[string]any{"type": strings.ToUpper(t.Last), "text": "Look"})
		}
		components = append(components, map[string]any{"type": "BUTTONS", "buttons": buttons})
	}
	format := "POSITIONAL"
	if t.Named {
		format = "NAMED"
	}
	return map[string]any{
		"id": strconv.FormatInt(1689556908129832+int64(i), 10), "name": t.Name, "language": t.Language, "status": t.Status,
		"category": t.Category, "parameter_format": format, "components": components,
	}
}

// listFlows answers with the account's WhatsApp flows, one of which is a draft.
func (w *whatsApp) listFlows(rw http.ResponseWriter, _ *http.Request) {
	flow := func(id, name, status string) map[string]any {
		return map[string]any{"id": id, "name": name, "status": status, "categories": []string{"SURVEY"}, "validation_errors": []any{}}
	}
	writeGraph(rw, map[string]any{"data": []any{flow("1689556908129900", "survey", "PUBLISHED"), flow("1689556908129901", "survey_new", "DRAFT")}})
}
