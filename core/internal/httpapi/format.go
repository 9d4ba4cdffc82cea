package httpapi

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/danielgtaylor/huma/v2"
	"github.com/goccy/go-yaml"
)

// formats are what the API speaks: JSON, and YAML in answers. What is a document by nature, such as a flow, is
// answered as that document when YAML is asked for, so an export is a file that can be applied again.
var formats = map[string]huma.Format{
	"application/json": huma.DefaultJSONFormat,
	"json":             huma.DefaultJSONFormat,
	"application/yaml": yamlFormat,
	"yaml":             yamlFormat,
}

var yamlFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		if d, ok := v.(interface{ Document() []byte }); ok {
			_, err := w.Write(d.Document())
			return err
		}
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if body, err = yaml.JSONToYAML(body); err != nil {
			return err
		}
		_, err = w.Write(body)
		return err
	},
	Unmarshal: func([]byte, any) error { return errors.New("send JSON here") },
}
