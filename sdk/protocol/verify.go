package protocol

import (
	"regexp"
	"slices"
	"strings"
)

// place is a place in Verification.Signed and Verification.Time: {body}, {header.Name} or {part.name}.
var place = regexp.MustCompile(`\{[^{}]*\}`)

// IsHMAC says that the scheme signs, with a key.
func (s Scheme) IsHMAC() bool {
	return s == SchemeHMACSHA1 || s == SchemeHMACSHA256 || s == SchemeHMACSHA512
}

// SignedText is what a request's signature is made over. header and part return the one value of a header and of a part of the
// signature's header; ok is false when one that is needed is not there, or is there more than once.
func (v Verification) SignedText(body []byte, header, part func(name string) (value string, ok bool)) (text []byte, ok bool) {
	template := v.Signed
	if template == "" {
		return body, true
	}
	for {
		at := place.FindStringIndex(template)
		if at == nil {
			return append(text, template...), true
		}
		text = append(text, template[:at[0]]...)
		if name := template[at[0]:at[1]]; name == "{body}" {
			text = append(text, body...)
		} else {
			value, ok := valueOf(name, header, part)
			if !ok {
				return nil, false
			}
			text = append(text, value...)
		}
		template = template[at[1]:]
	}
}

// SignedAt is the text of the signature's time. It is there if Time is.
func (v Verification) SignedAt(header, part func(name string) (value string, ok bool)) (stamp string, ok bool) {
	return valueOf(v.Time, header, part)
}

func valueOf(place string, header, part func(name string) (string, bool)) (string, bool) {
	name := strings.Trim(place, "{}")
	if h, ok := strings.CutPrefix(name, "header."); ok {
		return header(h)
	}
	if p, ok := strings.CutPrefix(name, "part."); ok {
		return part(p)
	}
	return "", false
}

// Problems says what is wrong with a verification, in words for a connector's author; the secret it names is looked for elsewhere.
func (v Verification) Problems() []string {
	var problems []string
	want := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, problem)
		}
	}
	hmac := v.Scheme.IsHMAC()
	switch {
	case hmac:
		want(v.Header != "" && v.Query == "", "a signature stands in a header")
		want(v.Encoding == Hex || v.Encoding == Base64, "the encoding must be hex or base64")
	case v.Scheme == SchemeToken:
		want((v.Header == "") != (v.Query == ""), "a token stands either in a header or in a query parameter")
	case v.Scheme == SchemeStandardWebhooks:
		want(v.Header == "" && v.Query == "" && v.Prefix == "", "Standard Webhooks says itself where the signature stands")
	default:
		want(false, "the scheme "+string(v.Scheme)+" is unknown")
	}
	want(hmac || v.Signed == "" && v.Time == "" && v.Part == "", "only an HMAC has parts, a time, and a text that is signed")
	places := place.FindAllString(v.Signed, -1)
	want(v.Signed == "" || slices.Contains(places, "{body}"), "what is signed must hold {body}, or anybody could change it")
	for _, p := range places {
		name := strings.Trim(p, "{}")
		want(p == "{body}" || strings.HasPrefix(name, "header.") || strings.HasPrefix(name, "part."), p+" is not {body}, {header.Name} or {part.name}")
		want(!strings.HasPrefix(name, "part.") || v.Part != "", p+" needs a Part, the one that holds the signature")
	}
	want(v.Time == "" || slices.Contains(places, v.Time), "the time must be one of the places of what is signed, or anybody could change it")
	return problems
}
