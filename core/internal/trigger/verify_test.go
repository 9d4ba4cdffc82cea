package trigger

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// vector is a published or computed case in testdata; each file names the secret and the signature its own way.
type vector struct {
	Name          string
	Secret        string
	AppSecret     string          `json:"app_secret"`
	ClientSecrets []string        `json:"client_secrets"`
	BodyBase64    string          `json:"body_base64"`
	Hub           json.RawMessage `json:"x_hub_signature_256"`
	Shopify       json.RawMessage `json:"x_shopify_hmac_sha256"`
	Expect        string
	Why           string
}

type handshake struct {
	Query           string
	ConfiguredToken string `json:"configured_token"`
	ExpectStatus    int    `json:"expect_status"`
	ExpectBody      string `json:"expect_body"`
}

func vectors(t testing.TB, file string) (cases []vector, handshakes []handshake) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Cases     []vector
		Handshake []handshake
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		t.Fatal(err)
	}
	return content.Cases, content.Handshake
}

// values reads a header that is absent, one line or several.
func values(t testing.TB, raw json.RawMessage) []string {
	t.Helper()
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	if err := json.Unmarshal(raw, &many); err != nil {
		t.Fatal(err)
	}
	return many
}

var hub = protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Header: "x-hub-signature-256", Prefix: "sha256=", Encoding: protocol.Hex}

func TestVendorSignatures(t *testing.T) {
	t.Parallel()
	shopify := protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Header: "X-Shopify-Hmac-Sha256", Encoding: protocol.Base64}
	files := map[string]protocol.Verification{
		"meta-x-hub-signature-256.json":   hub,
		"github-x-hub-signature-256.json": hub,
		"shopify-hmac-sha256.json":        shopify,
	}
	for file, declared := range files {
		cases, _ := vectors(t, file)
		if len(cases) == 0 {
			t.Fatalf("%s: no cases", file)
		}
		for _, tt := range cases {
			t.Run(file+" "+tt.Name, func(t *testing.T) {
				t.Parallel()
				body, err := base64.StdEncoding.DecodeString(tt.BodyBase64)
				if err != nil {
					t.Fatal(err)
				}
				header := http.Header{}
				for _, value := range append(values(t, tt.Hub), values(t, tt.Shopify)...) {
					header.Add(declared.Header, value)
				}
				if got := anyVerifies(declared, append(tt.ClientSecrets, tt.Secret, tt.AppSecret), header, body); got != (tt.Expect == "valid") {
					t.Errorf("verified = %v, want %s: %s", got, tt.Expect, tt.Why)
				}
			})
		}
	}
}

func anyVerifies(v protocol.Verification, secrets []string, header http.Header, body []byte) bool {
	for _, secret := range secrets {
		if Verify(v, secret, header, nil, body, noon) == nil {
			return true
		}
	}
	return false
}

func TestTokens(t *testing.T) {
	t.Parallel()
	inQuery := protocol.Verification{Scheme: protocol.SchemeToken, Query: "token"}
	inHeader := protocol.Verification{Scheme: protocol.SchemeToken, Header: "Authorization", Prefix: "Bearer "}
	cases := map[string]struct {
		declared protocol.Verification
		secret   string
		header   map[string][]string
		query    map[string][]string
		want     bool
	}{
		"the token in the query":              {inQuery, "abc", nil, url.Values{"token": {"abc"}}, true},
		"the token in the header":             {inHeader, "abc", map[string][]string{"Authorization": {"Bearer abc"}}, nil, true},
		"another token":                       {inQuery, "abc", nil, url.Values{"token": {"abd"}}, false},
		"no token":                            {inQuery, "abc", nil, nil, false},
		"a token twice":                       {inQuery, "abc", nil, url.Values{"token": {"abc", "abc"}}, false},
		"a header twice":                      {inHeader, "abc", map[string][]string{"Authorization": {"Bearer abc", "Bearer abc"}}, nil, false},
		"a header without the prefix":         {inHeader, "abc", map[string][]string{"Authorization": {"abc"}}, nil, false},
		"an empty secret with an empty token": {inQuery, "", nil, url.Values{"token": {""}}, false},
		"an empty secret with its prefix":     {inHeader, "", map[string][]string{"Authorization": {"Bearer "}}, nil, false},
		"a scheme nobody knows":               {protocol.Verification{Scheme: "odd", Query: "token"}, "abc", nil, url.Values{"token": {"abc"}}, false},
		"a scheme without a place":            {protocol.Verification{Scheme: protocol.SchemeToken}, "abc", nil, nil, false},
		"a signature declared in the query":   {protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Query: "token"}, "abc", nil, url.Values{"token": {"abc"}}, false},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Verify(tt.declared, tt.secret, tt.header, tt.query, nil, noon)
			if (err == nil) != tt.want || err != nil && !errors.Is(err, ErrUnverified) {
				t.Errorf("error = %v, want verified = %v", err, tt.want)
			}
		})
	}
}

func TestHandshakes(t *testing.T) {
	t.Parallel()
	challenge := protocol.Challenge{Expect: map[string]string{"hub.mode": "subscribe"}, Token: "hub.verify_token", Echo: "hub.challenge"}
	_, handshakes := vectors(t, "meta-x-hub-signature-256.json")
	handshakes = append(handshakes,
		handshake{Query: "hub.mode=subscribe&hub.challenge=1&hub.verify_token=", ConfiguredToken: "", ExpectStatus: 403},
		handshake{Query: "hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=V", ConfiguredToken: "V", ExpectStatus: 400},
		handshake{Query: "hub.mode=subscribe&hub.verify_token=V", ConfiguredToken: "V", ExpectStatus: 400},
		handshake{Query: "hub.mode=subscribe&hub.verify_token=V&hub.challenge=" + strings.Repeat("1", maxChallenge+1), ConfiguredToken: "V", ExpectStatus: 400},
	)
	statuses := map[int]error{200: nil, 400: ErrChallenge, 403: ErrUnverified}
	for _, tt := range handshakes {
		t.Run(tt.Query, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(tt.Query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Answer(challenge, tt.ConfiguredToken, query)
			if got != tt.ExpectBody || !errors.Is(err, statuses[tt.ExpectStatus]) {
				t.Errorf("answer = %q, %v, want %q, %v", got, err, tt.ExpectBody, statuses[tt.ExpectStatus])
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("sha256=00", []byte("{}"))
	for _, file := range []string{"meta-x-hub-signature-256.json", "github-x-hub-signature-256.json"} {
		cases, _ := vectors(f, file)
		for _, c := range cases {
			body, err := base64.StdEncoding.DecodeString(c.BodyBase64)
			if err != nil {
				f.Fatal(err)
			}
			for _, given := range values(f, c.Hub) {
				f.Add(given, body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, given string, body []byte) {
		header := map[string][]string{"X-Hub-Signature-256": {given}}
		right := hub.Prefix + signature(hub, "secret", body)
		if (Verify(hub, "secret", header, nil, body, noon) == nil) != (given == right) {
			t.Errorf("%q was judged wrongly", given)
		}
	})
}
