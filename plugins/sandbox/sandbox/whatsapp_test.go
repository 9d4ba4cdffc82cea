package sandbox

import (
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	messagesPath = "/whatsapp/v25.0/106540352242922/messages"
	appsPath     = "/whatsapp/v25.0/102290129340398/subscribed_apps"
	lucia        = "34600111222"
)

func (r *rig) graph(method, path, body string) (int, map[string]any) {
	r.t.Helper()
	status, answer, _ := r.call(method, path, body, "Authorization", "Bearer demo-whatsapp-token")
	return status, answer
}

func (r *rig) subscribe() {
	r.t.Helper()
	status, answer := r.graph("POST", appsPath, fmt.Sprintf(`{"override_callback_uri":%q,"verify_token":"verify-me"}`, r.hook))
	if status != 200 || answer["success"] != true {
		r.t.Fatalf("subscribe: %d %v", status, answer)
	}
}

func textTo(to, body string) string {
	return fmt.Sprintf(`{"messaging_product":"whatsapp","to":%q,"type":"text","text":{"body":%q},"biz_opaque_callback_data":"run_1:verify"}`, to, body)
}

func TestWhatsAppErrors(t *testing.T) {
	t.Parallel()
	template := func(name, language, components string) string {
		return fmt.Sprintf(`{"messaging_product":"whatsapp","to":"+34 600 111 222","type":"template","template":{"name":%q,"language":{"code":%q},"components":[%s]}}`, name, language, components)
	}
	body := func(text string) string {
		return fmt.Sprintf(`{"type":"body","parameters":[{"type":"text","text":%q}]}`, text)
	}
	ask := func(content string) string {
		return `{"messaging_product":"whatsapp","to":"34600111222","type":"interactive","interactive":{"body":{"text":"?"},` + content + `}}`
	}
	cases := map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"a list below an image":                    {messagesPath, ask(`"type":"list","header":{"type":"image","image":{"id":"1"}},"action":{"button":"x","sections":[{"rows":[{"id":"a","title":"a"}]}]}`), 400, "131009"},
		"a header over 60 characters":              {messagesPath, ask(`"type":"button","header":{"type":"text","text":"` + strings.Repeat("è", 61) + `"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"a"}}]}`), 400, "100"},
		"a footer over 60 characters":              {messagesPath, ask(`"type":"button","footer":{"text":"` + strings.Repeat("è", 61) + `"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"a"}}]}`), 400, "100"},
		"a link button without an address":         {messagesPath, ask(`"type":"cta_url","action":{"name":"cta_url","parameters":{"display_text":"x"}}`), 400, "131009"},
		"a link button with a long label":          {messagesPath, ask(`"type":"cta_url","action":{"name":"cta_url","parameters":{"display_text":"` + strings.Repeat("è", 21) + `","url":"https://x.example.com"}}`), 400, "100"},
		"a flow without an id":                     {messagesPath, ask(`"type":"flow","action":{"name":"flow","parameters":{"flow_message_version":"3","flow_cta":"x"}}`), 400, "131009"},
		"a flow's payload without navigate":        {messagesPath, ask(`"type":"flow","action":{"name":"flow","parameters":{"flow_message_version":"3","flow_id":"1","flow_cta":"x","flow_action":"data_exchange","flow_action_payload":{"screen":"A"}}}`), 400, "131009"},
		"a request for a location with a footer":   {messagesPath, ask(`"type":"location_request_message","footer":{"text":"x"},"action":{"name":"send_location"}`), 400, "131009"},
		"a request for a location by another name": {messagesPath, ask(`"type":"location_request_message","action":{"name":"location"}`), 400, "131009"},
		"a number that is not ours":                {"/whatsapp/v25.0/1/messages", textTo(lucia, "x"), 400, "100"},
		"a version that ended":                     {"/whatsapp/v20.0/1/messages", textTo(lucia, "x"), 400, "2635"},
		"no version":                               {"/whatsapp/1/messages", textTo(lucia, "x"), 404, "2500"},
		"no messaging_product":                     {messagesPath, `{"to":"34600111222"}`, 400, "100"},
		"no recipient":                             {messagesPath, `{"messaging_product":"whatsapp","type":"text","text":{"body":"x"}}`, 400, "131008"},
		"the sender itself":                        {messagesPath, textTo("+39 02 1234 5678", "x"), 400, "131021"},
		"no content":                               {messagesPath, `{"messaging_product":"whatsapp","to":"34600111222","type":"text"}`, 400, "131008"},
		"a text over 4096 characters":              {messagesPath, textTo(lucia, strings.Repeat("è", 4097)), 400, "100"},
		"a type that does not exist":               {messagesPath, `{"messaging_product":"whatsapp","to":"34600111222","type":"fax"}`, 400, "100"},
		"an image with id and link":                {messagesPath, `{"messaging_product":"whatsapp","to":"34600111222","type":"image","image":{"id":"1","link":"https://x"}}`, 400, "131009"},
		"four reply buttons":                       {messagesPath, `{"messaging_product":"whatsapp","to":"34600111222","type":"interactive","interactive":{"type":"button","body":{"text":"?"},"action":{"buttons":[{},{},{},{}]}}}`, 400, "131009"},
		"a template without that translation":      {messagesPath, template("verify_purchase", "es_ES", body("#1")), 404, "132001"},
		"a template with a missing parameter":      {messagesPath, template("verify_purchase", "es", ""), 400, "132000"},
		"a template with a parameter too many":     {messagesPath, template("reminder", "es", body("#1")), 400, "132000"},
		"a named parameter for a positional one":   {messagesPath, template("verify_purchase", "es", `{"type":"body","parameters":[{"type":"text","text":"a","parameter_name":"order"}]}`), 400, "132012"},
		"a parameter with a newline":               {messagesPath, template("verify_purchase", "es", body("a\nb")), 400, "100"},
		"a paused template":                        {messagesPath, template("autumn_sale", "es", ""), 400, "132015"},
		"reading a message that nobody sent":       {messagesPath, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.x"}`, 400, "100"},
		"a callback over http to another machine":  {appsPath, `{"override_callback_uri":"http://192.0.2.1/hook","verify_token":"x"}`, 400, "100"},
		"a body that is not JSON":                  {messagesPath, `{`, 400, "100"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			status, answer := r.graph("POST", c.path, c.body)
			if status != c.status || at(answer, "error", "code") != c.code {
				t.Errorf("answer is %d %v, want %d with code %s", status, answer, c.status, c.code)
			}
			if at(answer, "error", "fbtrace_id") == nil || at(answer, "error", "type") != "OAuthException" {
				t.Errorf("the envelope is not Meta's: %v", answer)
			}
			if n := len(r.Sent()); n != 0 {
				t.Errorf("%d messages were sent", n)
			}
		})
	}
}

func TestWhatsAppTokenIsChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	status, answer, header := r.call("GET", "/whatsapp/v25.0/106540352242922", "", "Authorization", "Bearer nope")
	if status != 401 || at(answer, "error", "code") != "190" || header.Get("x-fb-trace-id") == "" {
		t.Errorf("wrong token: %d %v", status, answer)
	}
	status, answer = r.graph("GET", "/whatsapp/v25.0/106540352242922?fields=id,verified_name", "")
	if status != 200 || answer["verified_name"] != "Bottega Rossi" || len(answer) != 2 {
		t.Errorf("test connection: %d %v", status, answer)
	}
}

func TestWhatsAppHandshakeComesBeforeTheCallbackIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	status, answer := r.graph("POST", appsPath, fmt.Sprintf(`{"override_callback_uri":%q,"verify_token":"wrong"}`, r.hook))
	if status != 400 || at(answer, "error", "code") != "2200" {
		t.Fatalf("wrong verify token: %d %v", status, answer)
	}
	careless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("OK")) }))
	defer careless.Close()
	if status, answer = r.graph("POST", appsPath, fmt.Sprintf(`{"override_callback_uri":%q,"verify_token":"x"}`, careless.URL)); status != 400 {
		t.Fatalf("200 without the challenge: %d %v", status, answer)
	}
	if _, err := r.Reply(lucia, "hola", ReplyOptions{}); err == nil {
		t.Fatal("a reply went to a callback that failed its handshake")
	}
	r.subscribe()
	_, answer = r.graph("GET", appsPath, "")
	if got := at(answer, "data", 0, "override_callback_uri"); got != r.hook {
		t.Errorf("listed callback is %v, want %s", got, r.hook)
	}
	r.graph("DELETE", appsPath, "")
	if _, answer = r.graph("GET", appsPath, ""); at(answer, "data", 0) != nil {
		t.Errorf("still subscribed after DELETE: %v", answer)
	}
}

func TestWhatsAppTemplateClimbsTheStatusLadder(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.subscribe()
	status, answer := r.graph("POST", messagesPath, `{"messaging_product":"whatsapp","to":"+34 600 111 222","type":"template","biz_opaque_callback_data":"run_1:verify",
		"template":{"name":"verify_purchase","language":{"code":"es"},"components":[{"type":"body","parameters":[{"type":"text","text":"#1042"}]}]}}`)
	if status != 200 || at(answer, "contacts", 0, "wa_id") != lucia || at(answer, "contacts", 0, "input") != "+34 600 111 222" || at(answer, "messages", 0, "message_status") != "accepted" {
		t.Fatalf("send: %d %v", status, answer)
	}
	id := at(answer, "messages", 0, "id")
	for _, want := range []string{"sent", "delivered", "read"} {
		r.Advance(400 * time.Millisecond)
		hook := r.next()
		if got, want := hook.header.Get("X-Hub-Signature-256"), signMeta("demo-app-secret", hook.body); got != want {
			t.Fatalf("signature is %s, want %s", got, want)
		}
		s := at(hook.json(t), "entry", 0, "changes", 0, "value", "statuses", 0)
		if at(s, "id") != id || at(s, "status") != want || at(s, "recipient_id") != lucia || at(s, "biz_opaque_callback_data") != "run_1:verify" {
			t.Fatalf("status webhook is %v, want %s of %v", s, want, id)
		}
	}
	sent := r.Sent()[0]
	if sent.Text != "¡Gracias por tu pedido #1042! ¿Nos confirmas que la compra es tuya?" || sent.Status != "read" || len(sent.Buttons) != 2 {
		t.Errorf("the phone shows %+v", sent)
	}
}

func TestWhatsAppFailsLater(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ to, code string }{
		"a number without WhatsApp":     {"34600110026", "131026"},
		"no message in the last day":    {lucia, "131047"},
		"the person stopped marketing":  {"34600110050", "131050"},
		"the account cannot be charged": {"34600110042", "131042"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			r.subscribe()
			if status, answer := r.graph("POST", messagesPath, textTo(c.to, "hola")); status != 200 {
				t.Fatalf("send: %d %v", status, answer)
			}
			r.Advance(time.Second)
			s := at(r.next().json(t), "entry", 0, "changes", 0, "value", "statuses", 0)
			if at(s, "status") != "failed" || at(s, "errors", 0, "code") != c.code {
				t.Errorf("status webhook is %v, want failed with %s", s, c.code)
			}
		})
	}
}

// Meta fetches a file after it has taken the message.
func TestWhatsAppFetchesFilesLater(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.subscribe()
	if _, err := r.Reply(lucia, "hola", ReplyOptions{}); err != nil {
		t.Fatal(err)
	}
	r.next()
	if status, answer := r.graph("POST", messagesPath, `{"messaging_product":"whatsapp","to":"34600111222","type":"image","image":{"link":"http://192.0.2.1/a.jpg"}}`); status != 200 {
		t.Fatalf("send: %d %v", status, answer)
	}
	r.Advance(time.Second)
	if s := at(r.next().json(t), "entry", 0, "changes", 0, "value", "statuses", 0); at(s, "errors", 0, "code") != "131053" {
		t.Errorf("status webhook is %v", s)
	}
}

func TestWhatsAppServiceWindow(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{WhatsApp: WhatsAppConfig{StrictWindow: true}})
	r.subscribe()
	send := func() any {
		_, answer := r.graph("POST", messagesPath, textTo(lucia, "hola"))
		return at(answer, "error", "code")
	}
	if code := send(); code != "131047" {
		t.Errorf("before any message the code is %v, want 131047", code)
	}
	if _, err := r.Reply(lucia, "hola", ReplyOptions{}); err != nil {
		t.Fatal(err)
	}
	r.Advance(24*time.Hour - time.Second)
	if code := send(); code != nil {
		t.Errorf("inside the window the code is %v", code)
	}
	r.Advance(time.Second)
	if code := send(); code != "131047" {
		t.Errorf("a day later the code is %v, want 131047", code)
	}
}

func TestWhatsAppReply(t *testing.T) {
	t.Parallel()
	value := func(r *rig) any { return at(r.next().json(r.t), "entry", 0, "changes", 0, "value") }
	setup := func(t *testing.T) *rig {
		r := newRig(t, Config{})
		r.subscribe()
		return r
	}

	t.Run("a text, escaped and signed", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		m, err := r.Reply("+34 600 111 222", "Sí, perché 😀", ReplyOptions{Ago: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		hook := r.next()
		if !strings.Contains(string(hook.body), `S\u00ed, perch\u00e9 \ud83d\ude00`) || hook.header.Get("X-Hub-Signature-256") != signMeta("demo-app-secret", hook.body) {
			t.Errorf("body is %s", hook.body)
		}
		in := at(hook.json(t), "entry", 0, "changes", 0, "value", "messages", 0)
		if at(in, "from") != lucia || at(in, "id") != m.ID || at(in, "timestamp") != fmt.Sprint(start.Add(-time.Hour).Unix()) || at(in, "text", "body") != "Sí, perché 😀" {
			t.Errorf("message is %v", in)
		}
	})
	t.Run("a tapped template button quotes its template", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		_, answer := r.graph("POST", messagesPath, `{"messaging_product":"whatsapp","to":"34600111222","type":"template","template":{"name":"verify_purchase","language":{"code":"es"},"components":[
			{"type":"body","parameters":[{"type":"text","text":"#1"}]},{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"yes:1"}]}]}}`)
		if _, err := r.Reply(lucia, "", ReplyOptions{Button: &Button{ID: "yes:1", Text: "Sí"}}); err != nil {
			t.Fatal(err)
		}
		in := at(value(r), "messages", 0)
		if at(in, "type") != "button" || at(in, "button", "payload") != "yes:1" || at(in, "button", "text") != "Sí" || at(in, "context", "id") != at(answer, "messages", 0, "id") {
			t.Errorf("message is %v", in)
		}
	})
	t.Run("an interactive button has its own shape", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		if _, err := r.Reply(lucia, "", ReplyOptions{Button: &Button{Kind: "button_reply", ID: "a", Text: "A"}}); err != nil {
			t.Fatal(err)
		}
		in := at(value(r), "messages", 0)
		if at(in, "type") != "interactive" || at(in, "interactive", "button_reply", "id") != "a" {
			t.Errorf("message is %v", in)
		}
	})
	t.Run("a person known only by username has no number", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		if _, err := r.Reply(lucia, "hola", ReplyOptions{UsernameOnly: true}); err != nil {
			t.Fatal(err)
		}
		v := value(r)
		if at(v, "messages", 0, "from") != nil || at(v, "contacts", 0, "wa_id") != nil || at(v, "messages", 0, "from_user_id") != at(v, "contacts", 0, "user_id") {
			t.Errorf("value is %v", v)
		}
	})
	t.Run("copies are the same bytes, a bad signature is bad", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		if _, err := r.Reply(lucia, "hola", ReplyOptions{Copies: 3, BadSignature: true}); err != nil {
			t.Fatal(err)
		}
		first := r.next()
		if first.header.Get("X-Hub-Signature-256") == signMeta("demo-app-secret", first.body) {
			t.Error("the signature is good")
		}
		for range 2 {
			if again := r.next(); string(again.body) != string(first.body) {
				t.Errorf("copy is %s, want %s", again.body, first.body)
			}
		}
	})
}

func TestWhatsAppRepeatsAnythingBut200(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	r.subscribe()
	r.answerNext(http.StatusInternalServerError, http.StatusAccepted)
	if _, err := r.Reply(lucia, "hola", ReplyOptions{}); err != nil {
		t.Fatal(err)
	}
	first, second := r.next(), r.next() // the first repeat follows at once
	r.until("two attempts are logged", func() bool { return len(r.Deliveries()[0].Attempts) == 2 })
	r.Advance(time.Second)
	third := r.next()
	if string(first.body) != string(second.body) || string(second.body) != string(third.body) {
		t.Error("the repeats differ from the first attempt")
	}
	r.until("delivered at the third attempt", func() bool {
		d := r.Deliveries()[0]
		return d.State == Delivered && len(d.Attempts) == 3 && d.Attempts[1].Status == http.StatusAccepted
	})
}

func TestWhatsAppPairLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	send := func() any {
		_, answer := r.graph("POST", messagesPath, textTo(lucia, "hola"))
		return at(answer, "error", "code")
	}
	for i := range 45 {
		if code := send(); code != nil {
			t.Fatalf("message %d of the burst: %v", i+1, code)
		}
	}
	if code := send(); code != "131056" {
		t.Errorf("after the burst the code is %v, want 131056", code)
	}
	r.Advance(6 * time.Second)
	if code := send(); code != nil {
		t.Errorf("six seconds later the code is %v", code)
	}
}

func TestWhatsAppFaults(t *testing.T) {
	t.Parallel()
	t.Run("an error code, once, for one recipient", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, Config{})
		r.call("POST", "/sandbox/whatsapp/fail", `{"to":"+34600111222","code":131056}`)
		for i, want := range []any{nil, "131056", nil} {
			to := []string{"34600999888", lucia, lucia}[i]
			if _, answer := r.graph("POST", messagesPath, textTo(to, "x")); at(answer, "error", "code") != want {
				t.Errorf("send %d: %v, want code %v", i, answer, want)
			}
		}
	})
	t.Run("the message goes out though the answer is lost", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, Config{})
		if err := r.Fail("whatsapp", Fault{Drop: "after"}); err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequest("POST", r.url+messagesPath, strings.NewReader(textTo(lucia, "x")))
		req.Header.Set("Authorization", "Bearer demo-whatsapp-token")
		if resp, err := http.DefaultClient.Do(req); err == nil {
			t.Errorf("an answer came: %s", resp.Status)
		}
		if n := len(r.Sent()); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
	t.Run("the customer answers before the send does", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, Config{})
		r.subscribe()
		if err := r.Fail("whatsapp", Fault{SlowMS: 200}); err != nil {
			t.Fatal(err)
		}
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			r.graph("POST", messagesPath, textTo(lucia, "x"))
		}()
		r.until("the message is in the log", func() bool { return len(r.Sent()) == 1 })
		if _, err := r.Reply(lucia, "already here", ReplyOptions{ContextID: r.Sent()[0].ID}); err != nil {
			t.Fatal(err)
		}
		r.next()
		select {
		case <-answered:
			t.Error("the answer of the send came first")
		default:
		}
		<-answered
	})
}

func TestWhatsAppTemplateListPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	seen, path := map[any]bool{}, "/whatsapp/v25.0/102290129340398/message_templates?limit=2&status=APPROVED"
	for after := ""; ; {
		_, answer := r.graph("GET", path+after, "")
		data, _ := answer["data"].([]any)
		for _, row := range data {
			seen[fmt.Sprint(at(row, "name"), at(row, "language"))] = true
		}
		if at(answer, "paging", "next") == nil {
			break
		}
		after = "&after=" + fmt.Sprint(at(answer, "paging", "cursors", "after"))
	}
	if len(seen) != 4 {
		t.Errorf("%d approved templates listed, want 4: %v", len(seen), seen)
	}
}

func TestWaID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"+34 600-111 (222)":  "34600111222",
		"+55 11 91234 5678":  "5511912345678",
		"+55 31 91234-5678":  "553112345678",
		"+52 1 55 1234 5678": "5215512345678",
	} {
		if got := waID(in); got != want {
			t.Errorf("waID(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestWhatsAppMedia(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	upload := func(mime, content string) (int, map[string]any) {
		var body strings.Builder
		form := multipart.NewWriter(&body)
		_ = form.WriteField("messaging_product", "whatsapp")
		_ = form.WriteField("type", mime)
		file, _ := form.CreateFormFile("file", "f")
		_, _ = file.Write([]byte(content))
		_ = form.Close()
		status, answer, _ := r.call("POST", "/whatsapp/v25.0/106540352242922/media", body.String(), "Content-Type", form.FormDataContentType(), "Authorization", "Bearer demo-whatsapp-token")
		return status, answer
	}
	if status, answer := upload("image/png", "not a picture"); status != 400 || at(answer, "error", "code") != "131053" {
		t.Errorf("a text as a picture: %d %v", status, answer)
	}
	_, answer := upload("text/plain", "hello")
	_, answer = r.graph("GET", "/whatsapp/v25.0/"+fmt.Sprint(answer["id"]), "")
	download := func(token string) int {
		path := strings.TrimPrefix(fmt.Sprint(answer["url"]), r.url)
		status, _, _ := r.call("GET", path, "", "Authorization", "Bearer "+token)
		return status
	}
	if at(answer, "file_size") != "5" || download("demo-whatsapp-token") != 200 || download("nope") != 401 {
		t.Errorf("look-up is %v", answer)
	}
	r.Advance(5*time.Minute + time.Second)
	if got := download("demo-whatsapp-token"); got != 404 {
		t.Errorf("after five minutes the address gives %d, want 404", got)
	}
}

func TestWhatsAppEchoesWhatTheOwnerWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{})
	if _, err := r.WriteInApp(lucia, "hola"); err == nil {
		t.Error("an echo went nowhere")
	}
	r.subscribe()
	m, err := r.WriteInApp(lucia, "hola")
	if err != nil {
		t.Fatal(err)
	}
	change := at(r.next().json(t), "entry", 0, "changes", 0)
	if at(change, "field") != "smb_message_echoes" || at(change, "value", "message_echoes", 0, "id") != m.ID || at(change, "value", "message_echoes", 0, "to") != "34600111222" {
		t.Errorf("the echo is %v", change)
	}
	if sent := r.Sent(); len(sent) != 1 || sent[0].Text != "hola" {
		t.Errorf("the phone shows %v", sent)
	}
}
