package main

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// upload puts a file into the sandbox, as another program of the business may, and returns its id.
func (p phone) upload(t *testing.T, content string) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("messaging_product", "whatsapp")
	_ = form.WriteField("type", "application/pdf")
	file, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="a.pdf"`}, "Content-Type": {"application/pdf"}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write([]byte(content))
	_ = form.Close()
	req := httptest.NewRequest(http.MethodPost, "/whatsapp/v25.0/106540352242922/media", &body)
	req.Header.Set("Authorization", "Bearer demo-whatsapp-token")
	req.Header.Set("Content-Type", form.FormDataContentType())
	answer := httptest.NewRecorder()
	p.box.Handler().ServeHTTP(answer, req)
	var made struct{ ID string }
	if err := json.Unmarshal(answer.Body.Bytes(), &made); err != nil || made.ID == "" {
		t.Fatalf("upload: %d %s", answer.Code, answer.Body)
	}
	return made.ID
}

func TestAFileInTheSandbox(t *testing.T) {
	t.Parallel()
	p := openNumber(t)
	id := p.upload(t, "%PDF-1.7 hello")
	for step, want := range []struct{ action, output string }{
		{"get_media", `{"found":true,"mime_type":"application/pdf","sha256":"`},
		{"delete_media", `{"deleted":true}`},
		{"get_media", `{"found":false,`},
		{"delete_media", `{"deleted":false}`},
	} {
		result, err := p.Invoke(want.action, map[string]any{"media_id": id})
		if err != nil || !strings.HasPrefix(string(result.Output), want.output) || strings.Contains(string(result.Output), "http") {
			t.Errorf("step %d, %s: got %s, %v", step, want.action, result.Output, err)
		}
		if step == 0 && !strings.HasSuffix(string(result.Output), `"file_size":14}`) {
			t.Errorf("the size: got %s", result.Output)
		}
	}
}

// Other refusals are no proof that a file is gone.
func TestAFileThatMayNotBeSeen(t *testing.T) {
	t.Parallel()
	for action, kind := range map[string]protocol.FailureKind{"get_media": protocol.Unauthorized, "delete_media": protocol.Unauthorized} {
		h := setup(t, answering(401, `{"error":{"message":"Invalid OAuth access token","type":"OAuthException","code":190,"fbtrace_id":"x"}}`))
		_, err := h.Invoke(action, map[string]any{"media_id": "4490709327384033"})
		if f := failureOf(t, err); f.Kind != kind {
			t.Errorf("%s: got %+v", action, f)
		}
		if asked := h.Gateway.Requests()[0].URL; !strings.HasSuffix(asked, "/v25.0/4490709327384033?phone_number_id=106540352242922") {
			t.Errorf("%s: asked %s", action, asked)
		}
	}
}
