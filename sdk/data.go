package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/cordboard/cordboard/sdk/schema"
)

// Get is an operation that is one GET. The path holds {field} for fields of the input, in its query too
// ("/tickets?queue={queue}"), where an empty field drops its parameter; fields it does not name are not sent. A path
// with an unknown field panics, as regexp.MustCompile does.
func Get[In, Out any](path string) Func[In, Out] { return request[In, Out](http.MethodGet, path) }

// Post is an operation that is one POST of the input as JSON, without the fields that the path names.
func Post[In, Out any](path string) Func[In, Out] { return request[In, Out](http.MethodPost, path) }

// PostForm is one POST of the input as a form, without the fields that the path names: numbers and booleans as JSON writes them, each
// value of a list on its own, and empty fields left out. A list of anything but such values, and an object, panic.
func PostForm[In, Out any](path string) Func[In, Out] {
	return requestAs[In, Out](http.MethodPost, path, true)
}

// Put is Post with the method PUT.
func Put[In, Out any](path string) Func[In, Out] { return request[In, Out](http.MethodPut, path) }

// Delete is Get with the method DELETE.
func Delete[In, Out any](path string) Func[In, Out] { return request[In, Out](http.MethodDelete, path) }

var placeholder = regexp.MustCompile(`\{([^}]*)\}`)

func request[In, Out any](method, path string) Func[In, Out] {
	return requestAs[In, Out](method, path, false)
}

func requestAs[In, Out any](method, path string, form bool) Func[In, Out] {
	named := map[string]bool{}
	if t, err := schema.For[In](); err == nil { // a bad struct is Manifest's to report
		for _, match := range placeholder.FindAllStringSubmatch(path, -1) {
			if f, ok := t.Field(match[1]); !ok || f.Secret {
				panic(fmt.Sprintf("sdk: %s %s: {%s} is not a field that may stand in a path: name one by its json tag, and no secret", method, path, match[1]))
			}
			named[match[1]] = true
		}
		for _, f := range t.Fields {
			if form && !named[f.Name] && !inForm(f.Type) {
				panic(fmt.Sprintf("sdk: %s %s: the field %s does not fit into a form: send it with HTTP.PostForm as the provider wants it", method, path, f.Name))
			}
		}
	}
	hasBody := method == http.MethodPost || method == http.MethodPut
	return func(ctx context.Context, call *Call, in In) (Out, error) {
		var out Out
		encoded, err := json.Marshal(in)
		if err != nil {
			return out, fmt.Errorf("write the input: %w", err)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(encoded, &fields); err != nil {
			return out, fmt.Errorf("write the input: %w", err)
		}
		req := HTTPRequest{Method: method, URL: fill(path, fields)}
		if hasBody {
			for name := range named {
				delete(fields, name)
			}
			kind := "application/json"
			if form {
				req.Body, kind = []byte(formOf(fields).Encode()), formType
			} else if req.Body, err = json.Marshal(fields); err != nil {
				return out, fmt.Errorf("write the input: %w", err)
			}
			req.Header = http.Header{"Content-Type": {kind}}
		}
		resp, err := call.HTTP.Do(ctx, req)
		if err != nil {
			return out, err
		}
		if err := FromResponse(resp); err != nil {
			return out, err
		}
		if _, none := any(out).(None); none {
			return out, nil
		}
		return out, resp.JSON(&out)
	}
}

const formType = "application/x-www-form-urlencoded"

// inForm says that values of a type stand in a form.
func inForm(t schema.Type) bool {
	if t.Kind == schema.List {
		return t.Elem != nil && t.Elem.Kind != schema.List && inForm(*t.Elem)
	}
	return t.Kind != schema.Object && t.Kind != schema.Map && t.Kind != schema.Any
}

func formOf(fields map[string]json.RawMessage) url.Values {
	form := url.Values{}
	for name, value := range fields {
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil {
			list = []json.RawMessage{value}
		}
		for _, one := range list {
			if s := text(one); s != "" && string(one) != "null" {
				form.Add(name, s)
			}
		}
	}
	return form
}

// fill puts fields into a path, escaped for where they stand.
func fill(path string, fields map[string]json.RawMessage) string {
	path, query, _ := strings.Cut(path, "?")
	path = placeholder.ReplaceAllStringFunc(path, func(p string) string { return url.PathEscape(text(fields[p[1:len(p)-1]])) })
	var parameters []string
	for _, parameter := range strings.Split(query, "&") {
		empty := false
		filled := placeholder.ReplaceAllStringFunc(parameter, func(p string) string {
			value := text(fields[p[1:len(p)-1]])
			empty = empty || value == ""
			return url.QueryEscape(value)
		})
		if filled != "" && !empty {
			parameters = append(parameters, filled)
		}
	}
	if len(parameters) == 0 {
		return path
	}
	return path + "?" + strings.Join(parameters, "&")
}

// text is a scalar as it stands in a URL.
func text(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}
