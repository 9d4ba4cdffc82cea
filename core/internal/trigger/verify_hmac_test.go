package trigger

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Signatures that providers publish, or that were computed as they document them.
func TestSignaturesOverMoreThanTheBody(t *testing.T) {
	t.Parallel()
	chat := protocol.Verification{
		Scheme: protocol.SchemeHMACSHA256, Header: "X-Slack-Signature", Prefix: "v0=", Encoding: protocol.Hex,
		Signed: "v0:{header.X-Slack-Request-Timestamp}:{body}", Time: "{header.X-Slack-Request-Timestamp}",
	}
	chatBody := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	const chatSecret, chatSigned = "8f742231b10e8888abcd99yyyzzz85a5", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	meeting := protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Header: "Calendly-Webhook-Signature", Encoding: protocol.Hex, Part: "v1", Signed: "{part.t}.{body}", Time: "{part.t}"}
	const meetingBody = `{"event":"invitee.created","created_at":"2026-01-01T10:00:00.000000Z","payload":{"email":"a@b.it"}}`
	const meetingSecret, meetingSigned = "5mEzn9C-I28UtwOjZJtFoob0sAAFZ95GbZkqj4y3i0I", "t=1767261600,v1=ebf52b24ab6a124d450ddeda93f22166c4b158bfc88e494c82e497d9e078e47d"
	mail := protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Header: "Klaviyo-Signature", Encoding: protocol.Hex, Signed: "{body}{header.Klaviyo-Timestamp}", Time: "{header.Klaviyo-Timestamp}"}
	const mailBody = `{"data":[{"topic":"event:klaviyo.sent_sms","external_id":"e1","payload":{}}],"meta":{}}`
	const mailSigned, mailAt = "352fb39a0be668683fd6cc89932e5ba535bf0bf41c7bc74b5aaa95511b33b9f5", "2026-07-23T13:07:25+00:00"
	shop := protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Header: "X-WC-Webhook-Signature", Encoding: protocol.Base64}
	// Test case 2 of RFC 2202 and of RFC 4231.
	old := protocol.Verification{Scheme: protocol.SchemeHMACSHA1, Header: "X-Signature", Encoding: protocol.Hex}
	long := protocol.Verification{Scheme: protocol.SchemeHMACSHA512, Header: "X-Signature", Encoding: protocol.Hex}

	chatAt, meetingAt, mailTime := time.Unix(1531420618, 0), time.Unix(1767261600, 0), time.Date(2026, 7, 23, 13, 7, 25, 0, time.UTC)
	for name, tt := range map[string]struct {
		v            protocol.Verification
		secret, body string
		header       map[string]string
		at           time.Time
		want         error
	}{
		"a time in a header":            {chat, chatSecret, chatBody, map[string]string{"X-Slack-Signature": chatSigned, "X-Slack-Request-Timestamp": "1531420618"}, chatAt.Add(4 * time.Minute), nil},
		"too old":                       {chat, chatSecret, chatBody, map[string]string{"X-Slack-Signature": chatSigned, "X-Slack-Request-Timestamp": "1531420618"}, chatAt.Add(6 * time.Minute), errExpired},
		"of the future":                 {chat, chatSecret, chatBody, map[string]string{"X-Slack-Signature": chatSigned, "X-Slack-Request-Timestamp": "1531420618"}, chatAt.Add(-6 * time.Minute), errExpired},
		"another time":                  {chat, chatSecret, chatBody, map[string]string{"X-Slack-Signature": chatSigned, "X-Slack-Request-Timestamp": "1531420619"}, chatAt, ErrUnverified},
		"without its time":              {chat, chatSecret, chatBody, map[string]string{"X-Slack-Signature": chatSigned}, chatAt, ErrUnverified},
		"another body":                  {chat, chatSecret, chatBody + " ", map[string]string{"X-Slack-Signature": chatSigned, "X-Slack-Request-Timestamp": "1531420618"}, chatAt, ErrUnverified},
		"without a prefix":              {chat, chatSecret, chatBody, map[string]string{"X-Slack-Signature": chatSigned[3:], "X-Slack-Request-Timestamp": "1531420618"}, chatAt, ErrUnverified},
		"a header of parts":             {meeting, meetingSecret, meetingBody, map[string]string{"Calendly-Webhook-Signature": meetingSigned}, meetingAt, nil},
		"parts in another order":        {meeting, meetingSecret, meetingBody, map[string]string{"Calendly-Webhook-Signature": meetingSigned[13:] + ", t=1767261600"}, meetingAt, nil},
		"a part that is there twice":    {meeting, meetingSecret, meetingBody, map[string]string{"Calendly-Webhook-Signature": "t=1767261600," + meetingSigned}, meetingAt, ErrUnverified},
		"signatures without number":     {meeting, meetingSecret, meetingBody, map[string]string{"Calendly-Webhook-Signature": meetingSigned + strings.Repeat(",v1=00", mostSignatures)}, meetingAt, ErrUnverified},
		"no parts at all":               {meeting, meetingSecret, meetingBody, map[string]string{"Calendly-Webhook-Signature": meetingSigned[16:]}, meetingAt, ErrUnverified},
		"a time in words":               {mail, "0123456789abcdef", mailBody, map[string]string{"Klaviyo-Signature": mailSigned, "Klaviyo-Timestamp": mailAt}, mailTime, nil},
		"a time that is none":           {mail, "0123456789abcdef", mailBody, map[string]string{"Klaviyo-Signature": mailSigned, "Klaviyo-Timestamp": "soon"}, mailTime, ErrUnverified},
		"base64 of the body":            {shop, "s3cr3t", `{"id":727,"status":"processing","total":"29.35","billing":{"phone":"+393331234567"}}`, map[string]string{"X-WC-Webhook-Signature": "6utnJTA5ce9juhj+GNv5q9Aetdrmvr2tQKTGzDJe/g4="}, noon, nil},
		"SHA-1":                         {old, "Jefe", "what do ya want for nothing?", map[string]string{"X-Signature": "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"}, noon, nil},
		"SHA-512":                       {long, "Jefe", "what do ya want for nothing?", map[string]string{"X-Signature": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"}, noon, nil},
		"without a secret":              {chat, "", chatBody, map[string]string{"X-Slack-Signature": chatSigned, "X-Slack-Request-Timestamp": "1531420618"}, chatAt, ErrUnverified},
		"SHA-256 where SHA-1 is wanted": {old, "s3cr3t", "webhook_id=142", map[string]string{"X-Signature": "13e5e7b6d9f4f349f1d1de82086d3ad6cb2b5808497"}, noon, ErrUnverified},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for name, value := range tt.header {
				header.Set(name, value)
			}
			if got := Verify(tt.v, tt.secret, header, nil, []byte(tt.body), tt.at); !errors.Is(got, tt.want) || (got == nil) != (tt.want == nil) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSignaturesOfPayments(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/stripe-signature.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name      string
			Secrets   []string `json:"endpoint_secrets"`
			Body      string   `json:"body_base64"`
			Signature string   `json:"stripe_signature"`
			At        int64    `json:"verify_at"`
			Expect    string
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	v := protocol.Verification{Scheme: protocol.SchemeHMACSHA256, Header: "Stripe-Signature", Encoding: protocol.Hex, Part: "v1", Signed: "{part.t}.{body}", Time: "{part.t}"}
	for _, tt := range file.Cases {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			body, err := base64.StdEncoding.DecodeString(tt.Body)
			if err != nil {
				t.Fatal(err)
			}
			valid := false
			for _, secret := range tt.Secrets {
				valid = valid || Verify(v, secret, http.Header{"Stripe-Signature": {tt.Signature}}, nil, body, time.Unix(tt.At, 0)) == nil
			}
			if valid != (tt.Expect == "valid") {
				t.Errorf("verified = %v, want %s", valid, tt.Expect)
			}
		})
	}
}
