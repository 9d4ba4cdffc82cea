package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// listOf makes a loader of a collection: rows of the answer's key become entries as entry says; an entry without a value
// is left out. The loader finds by the label what the API cannot search for.
func listOf(path, key string, entry func(row map[string]json.RawMessage) sdk.Option) func(context.Context, *sdk.Call, sdk.OptionsQuery) (sdk.OptionsPage, error) {
	return func(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (sdk.OptionsPage, error) {
		offset, _ := strconv.Atoi(string(q.Cursor)) // empty: from the start
		var answer map[string]json.RawMessage
		query := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
		if err := do(ctx, call, http.MethodGet, path+"?"+query.Encode(), nil, &answer); err != nil {
			return sdk.OptionsPage{}, err
		}
		var rows []map[string]json.RawMessage
		if json.Unmarshal(answer[key], &rows) != nil {
			return sdk.OptionsPage{}, unnamed(key)
		}
		var page sdk.OptionsPage
		for _, row := range rows {
			// What was chosen before is searched for by its value.
			if o := entry(row); o.Value != "" && (o.Value == q.Search || strings.Contains(strings.ToLower(o.Label), strings.ToLower(q.Search))) {
				page.Options = append(page.Options, o)
			}
		}
		if len(rows) == pageSize {
			page.Next = sdk.Cursor(strconv.Itoa(offset + pageSize))
		}
		return page, nil
	}
}

// texts reads members of a row, whether they are written as text or as numbers.
func texts(row map[string]json.RawMessage, names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		var text string
		if json.Unmarshal(row[name], &text) != nil {
			text = string(row[name])
		}
		out[i] = text
	}
	return out
}

// labelled makes an entry of a row's id and of the member that names it.
func labelled(name string) func(map[string]json.RawMessage) sdk.Option {
	return func(row map[string]json.RawMessage) sdk.Option {
		t := texts(row, "id", name)
		return sdk.Option{Value: t[0], Label: t[1]}
	}
}

var (
	listLists     = listOf("/lists", "lists", labelled("name"))
	listFields    = listOf("/fields", "fields", labelled("title"))
	listPipelines = listOf("/dealGroups", "dealGroups", labelled("title"))
	listTaskTypes = listOf("/dealTasktypes", "dealTasktypes", labelled("title"))
	listUsers     = listOf("/users", "users", func(row map[string]json.RawMessage) sdk.Option {
		t := texts(row, "id", "firstName", "lastName", "email")
		return sdk.Option{Value: t[0], Label: strings.TrimSpace(t[1] + " " + t[2] + " (" + t[3] + ")")}
	})
	// listAutomations leaves out what no contact may enter.
	listAutomations = listOf("/automations", "automations", func(row map[string]json.RawMessage) sdk.Option {
		t := texts(row, "id", "name", "status", "hidden")
		if t[2] != "1" || t[3] == "1" {
			return sdk.Option{}
		}
		return sdk.Option{Value: t[0], Label: t[1]}
	})
)

// listStages lists the stages of the pipeline that the form names, or of all.
func listStages(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (sdk.OptionsPage, error) {
	var form struct {
		PipelineID string `json:"pipeline_id"`
	}
	_ = json.Unmarshal(q.Input, &form) // a form that is half filled in
	return listOf("/dealStages", "dealStages", func(row map[string]json.RawMessage) sdk.Option {
		t := texts(row, "id", "title", "group")
		if form.PipelineID != "" && t[2] != form.PipelineID {
			return sdk.Option{}
		}
		return sdk.Option{Value: t[0], Label: t[1]}
	})(ctx, call, q)
}
