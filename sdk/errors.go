package sdk

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Invalid says that an input field is wrong; the step fails with the message beside that field.
func Invalid(field, message string) error {
	return &Failure{Kind: protocol.Invalid, Field: field, Message: field + " " + message, Source: protocol.FromConnector}
}

// Unauthorized says that the connection must be renewed; its work is held until a person does.
func Unauthorized(err error) error { return wrap(protocol.Unauthorized, err) }

// RateLimited says when the provider will listen again; waiting spends no attempt. Zero leaves the time to the
// gateway.
func RateLimited(err error, after time.Duration) error {
	f := wrap(protocol.RateLimited, err)
	f.RetryAfter = after
	return f
}

// Retryable says that nothing happened and that trying again may help.
func Retryable(err error) error { return wrap(protocol.Retryable, err) }

// Permanent says that trying again will not help.
func Permanent(err error) error { return wrap(protocol.Permanent, err) }

// wrap gives an error a kind and keeps what an earlier failure knew.
func wrap(kind protocol.FailureKind, err error) *Failure {
	out := Failure{Source: protocol.FromProvider}
	if f := asFailure(err); f != nil {
		out = *f
	} else {
		out.Message = err.Error()
	}
	out.Kind = kind
	return &out
}

// invalid joins the problems of an input into one failure at the first one's field.
func invalid(found []schema.Problem) error {
	sentences := make([]string, len(found))
	for i, p := range found {
		sentences[i] = strings.TrimSpace(p.Path + " " + p.Message)
	}
	return &Failure{Kind: protocol.Invalid, Field: found[0].Path, Message: strings.Join(sentences, "; "), Source: protocol.FromConnector}
}

// maxDetail bounds the provider's own words in a failure, in bytes.
const maxDetail = 4 << 10

// FromResponse reads an HTTP answer by its status; nil for 2xx and 3xx. It is the one table of statuses:
//
//	400 422              Invalid
//	401 403              Unauthorized
//	429, 503 with Retry-After
//	                     RateLimited
//	408 425 5xx          Retryable where repeating is safe, else unknown
//	other 4xx            Permanent
//
// Repeating is safe for a read, for a request that is Repeatable, and for an action that may be repeated. Once another
// write took effect, nothing that would repeat it is safe any more: the outcome is unknown.
func FromResponse(resp *Response) error {
	if resp.Status < 400 {
		return nil
	}
	after, hasAfter := protocol.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	f := &Failure{
		Kind: protocol.Permanent, Source: protocol.FromProvider, Detail: cut(string(resp.Body), maxDetail),
		Message: fmt.Sprintf("The provider answered %d %s.", resp.Status, http.StatusText(resp.Status)),
	}
	switch s := resp.Status; {
	case s == 400 || s == 422:
		f.Kind = protocol.Invalid
	case s == 401 || s == 403:
		f.Kind = protocol.Unauthorized
	case s == 429 || s == 503 && hasAfter:
		f.Kind, f.RetryAfter = protocol.RateLimited, after
		if resp.dirty {
			f.Kind = protocol.Unknown
		}
	case s == 408 || s == 425 || s >= 500:
		f.Kind = protocol.Retryable
		if !resp.safe {
			f.Kind = protocol.Unknown
		}
	}
	return f
}

// cut shortens a text to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
