package protocol

import (
	"strings"
	"testing"
)

func TestWhatIsWrongWithAVerification(t *testing.T) {
	t.Parallel()
	good := Verification{Scheme: SchemeHMACSHA256, Header: "X-Sign", Encoding: Hex, Part: "v1", Signed: "{part.t}.{body}", Time: "{part.t}"}
	if problems := good.Problems(); len(problems) != 0 {
		t.Fatalf("got %v", problems)
	}
	for name, tt := range map[string]struct {
		change func(v *Verification)
		want   string
	}{
		"no header":                       {func(v *Verification) { v.Header = "" }, "in a header"},
		"an odd encoding":                 {func(v *Verification) { v.Encoding = "utf" }, "hex or base64"},
		"a text without the body":         {func(v *Verification) { v.Signed = "{part.t}" }, "must hold {body}"},
		"a time that is not signed":       {func(v *Verification) { v.Time = "{header.X-Time}" }, "the time must be one of the places"},
		"an odd place":                    {func(v *Verification) { v.Signed = "{part.t}{body}{url}" }, "{url} is not"},
		"parts without the signature":     {func(v *Verification) { v.Part = "" }, "needs a Part"},
		"an odd scheme":                   {func(v *Verification) { v.Scheme = "none" }, "is unknown"},
		"parts of a token":                {func(v *Verification) { v.Scheme = SchemeToken }, "only an HMAC"},
		"a token in two places":           {func(v *Verification) { *v = Verification{Scheme: SchemeToken, Header: "A", Query: "b"} }, "either in a header or in a query"},
		"Standard Webhooks with a header": {func(v *Verification) { *v = Verification{Scheme: SchemeStandardWebhooks, Header: "A"} }, "says itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := good
			tt.change(&v)
			if got := strings.Join(v.Problems(), "; "); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
