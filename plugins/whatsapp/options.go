package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// approved is a page of approved templates; a row is one pair of name and language.
type approved struct {
	Data []struct {
		Name       string `json:"name"`
		Language   string `json:"language"`
		Category   string `json:"category"`
		Components []part `json:"components"` // where they were asked for
	} `json:"data"`
	Paging paging `json:"paging"`
}

// paging says where a list goes on. A short page is not the end; a missing next is.
type paging struct {
	Cursors struct {
		After string `json:"after"`
	} `json:"cursors"`
	Next string `json:"next"` // may hold the token in its query, so it is only looked at, never followed
}

func (p paging) next() sdk.Cursor {
	if p.Next == "" {
		return ""
	}
	return sdk.Cursor(p.Cursors.After)
}

func loadTemplates(ctx context.Context, call *sdk.Call, filter url.Values, cursor sdk.Cursor) (approved, sdk.Cursor, error) {
	var page approved
	s, err := sdk.Settings[Settings](call)
	if err != nil {
		return page, "", err
	}
	query := url.Values{"fields": {"name,language,category"}, "status": {"APPROVED"}, "limit": {"100"}}
	for name, values := range filter {
		query[name] = values
	}
	if cursor != "" {
		query.Set("after", string(cursor))
	}
	if err := get(ctx, call, "/"+s.WABAID+"/message_templates", query, &page); err != nil {
		return page, "", err
	}
	return page, page.Paging.next(), nil
}

func listTemplates(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (sdk.OptionsPage, error) {
	page, next, err := loadTemplates(ctx, call, nil, q.Cursor)
	out := sdk.OptionsPage{Next: next}
	seen := map[string]bool{}
	for _, t := range page.Data {
		if !seen[t.Name] && strings.Contains(t.Name, strings.ToLower(q.Search)) {
			seen[t.Name] = true
			out.Options = append(out.Options, sdk.Option{Value: t.Name, Label: t.Name + " (" + strings.ToLower(t.Category) + ")"})
		}
	}
	return out, err
}

// listLanguages lists the translations of the template chosen in the same form.
func listLanguages(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (sdk.OptionsPage, error) {
	var form struct {
		Template string `json:"template"`
	}
	if len(q.Input) > 0 {
		_ = json.Unmarshal(q.Input, &form) // a half-filled form lists all languages
	}
	filter := url.Values{}
	if form.Template != "" {
		filter.Set("name", form.Template)
	}
	page, next, err := loadTemplates(ctx, call, filter, q.Cursor)
	out := sdk.OptionsPage{Next: next}
	seen := map[string]bool{}
	for _, t := range page.Data {
		exact := form.Template == "" || t.Name == form.Template // Meta's filter also finds names that contain it
		if exact && !seen[t.Language] && strings.HasPrefix(strings.ToLower(t.Language), strings.ToLower(q.Search)) {
			seen[t.Language] = true
			out.Options = append(out.Options, sdk.Option{Value: t.Language, Label: t.Language})
		}
	}
	return out, err
}

// listForms lists the account's published WhatsApp flows, which are forms.
func listForms(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (sdk.OptionsPage, error) {
	s, err := sdk.Settings[Settings](call)
	if err != nil {
		return sdk.OptionsPage{}, err
	}
	var page struct {
		Data []struct {
			ID     string `json:"id"`
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"data"`
		Paging paging `json:"paging"`
	}
	query := url.Values{"fields": {"id,name,status"}, "limit": {"100"}}
	if q.Cursor != "" {
		query.Set("after", string(q.Cursor))
	}
	if err := get(ctx, call, "/"+s.WABAID+"/flows", query, &page); err != nil {
		return sdk.OptionsPage{}, err
	}
	out := sdk.OptionsPage{Next: page.Paging.next()}
	for _, f := range page.Data {
		if f.Status == "PUBLISHED" && (f.ID == q.Search || strings.Contains(strings.ToLower(f.Name), strings.ToLower(q.Search))) {
			out.Options = append(out.Options, sdk.Option{Value: f.ID, Label: f.Name})
		}
	}
	return out, nil
}
