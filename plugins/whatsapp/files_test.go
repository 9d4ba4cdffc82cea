package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

func TestAFileGoesThroughAFlow(t *testing.T) {
	t.Parallel()
	p := openNumber(t)
	content := "%PDF-1.7 " + strings.Repeat("x", 100_000)
	result, err := p.Invoke("upload_media", map[string]any{"content": base64.StdEncoding.EncodeToString([]byte(content)), "mime_type": "application/pdf", "filename": `a"b.pdf`})
	if err != nil {
		t.Fatal(err)
	}
	var uploaded Uploaded
	if err := json.Unmarshal(result.Output, &uploaded); err != nil || uploaded.MediaID == "" {
		t.Fatalf("%s, %v", result.Output, err)
	}
	p.box.Advance(time.Hour) // each fetch asks for an address of its own
	result, err = p.Invoke("download_media", map[string]any{"media_id": uploaded.MediaID})
	if err != nil {
		t.Fatal(err)
	}
	var fetched Content
	if err := json.Unmarshal(result.Output, &fetched); err != nil || fetched.MIMEType != "application/pdf" || !fetched.Found {
		t.Fatalf("%.200s, %v", result.Output, err)
	}
	if got, err := base64.StdEncoding.DecodeString(fetched.Content); err != nil || string(got) != content {
		t.Errorf("%d bytes came back of %d, %v", len(got), len(content), err)
	}
	result, err = p.Invoke("download_media", map[string]any{"media_id": "1"})
	if err != nil || !strings.HasPrefix(string(result.Output), `{"found":false`) {
		t.Errorf("a file that is gone: %s, %v", result.Output, err)
	}
}

func TestHowAFileIsFetched(t *testing.T) {
	t.Parallel()
	const content = "the bytes"
	sum := sha256.Sum256([]byte(content))
	meta := func(size int, url string) answer {
		return answer{200, fmt.Sprintf(`{"id":"44","mime_type":"text/plain","sha256":"%x","file_size":%d,"url":%q}`, sum, size, url)}
	}
	const lies = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=44"
	tests := map[string]struct {
		answers []answer
		kind    protocol.FailureKind // empty: it comes
		words   string
		asked   int
	}{
		"at once":                      {[]answer{meta(9, lies), {200, content}}, "", "", 2},
		"by a second address":          {[]answer{meta(9, lies), {404, ""}, meta(9, lies), {200, content}}, "", "", 4},
		"by no address":                {[]answer{meta(9, lies), {404, ""}}, protocol.Permanent, "", 4},
		"too large":                    {[]answer{meta(maxFile+1, lies)}, protocol.Permanent, "at most 716800 go through a flow", 1},
		"larger than it was said":      {[]answer{meta(9, lies), {200, strings.Repeat("x", maxFile+1)}}, protocol.Permanent, "go through a flow", 2},
		"other bytes":                  {[]answer{meta(9, lies), {200, "other"}}, protocol.Retryable, "not those of the file", 2},
		"from somebody else's machine": {[]answer{meta(9, "https://fbsbx.com.example.org/x"), {200, content}}, protocol.Permanent, "", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, inTurn(tt.answers))
			result, err := h.Invoke("download_media", map[string]any{"media_id": "44"})
			if tt.kind == "" {
				if err != nil || !strings.Contains(string(result.Output), base64.StdEncoding.EncodeToString([]byte(content))) {
					t.Errorf("got %s, %v", result.Output, err)
				}
			} else if f := failureOf(t, err); f.Kind != tt.kind || !strings.Contains(f.Message, tt.words) {
				t.Errorf("got %+v", f)
			}
			if asked := len(h.Gateway.Requests()); asked != tt.asked {
				t.Errorf("asked %d times, want %d", asked, tt.asked)
			}
		})
	}
}

func TestFilesThatAreNotUploaded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		input map[string]any
		field string
	}{
		"not base64":   {map[string]any{"content": "%%%", "mime_type": "image/png"}, "content"},
		"too large":    {map[string]any{"content": base64.StdEncoding.EncodeToString(make([]byte, maxFile+1)), "mime_type": "image/png"}, "content"},
		"of no type":   {map[string]any{"content": "aGk=", "mime_type": "picture of a cat"}, "mime_type"},
		"with no type": {map[string]any{"content": "aGk="}, "mime_type"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, nil)
			_, err := h.Invoke("upload_media", tt.input)
			if f := failureOf(t, err); f.Kind != protocol.Invalid || f.Field != tt.field || len(h.Gateway.Requests()) > 0 {
				t.Errorf("got %+v", f)
			}
		})
	}
}

// answer is one of a provider's.
type answer struct {
	status int
	body   string
}

// inTurn gives one answer after the other, and from the beginning again.
func inTurn(answers []answer) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a := answers[(n.Add(1)-1)%int64(len(answers))]
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	})
}
