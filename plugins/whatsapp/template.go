package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// Template is an approved message with values for its places; it may be sent at any time.
type Template struct {
	To       string            `json:"to" label:"To" help:"Phone number with country code." rule:"required"`
	Template string            `json:"template" label:"Template" rule:"required,max=512" options:"templates"`
	Language string            `json:"language" label:"Language" help:"Exactly as the template has it, such as es or pt_BR. There is no fallback." rule:"required" options:"languages"`
	Body     []string          `json:"body,omitempty" label:"Values" help:"For the places {{1}}, {{2}}, … of the text, in order."`
	Named    map[string]string `json:"named,omitempty" label:"Named values" help:"For templates whose places have names."`
	Header   *Header           `json:"header,omitempty" label:"Header"`
	Buttons  []Button          `json:"buttons,omitempty" label:"Buttons" help:"Only those with a place of their own."`
}

// Header is the value of a template's header. Media is given by a public https address or by the id of an upload.
type Header struct {
	Kind     string `json:"kind" label:"Kind" rule:"required,oneof=text image video document"`
	Value    string `json:"value" label:"Text, address or media id" rule:"required"`
	Filename string `json:"filename" label:"File name" help:"Of a document."`
}

// Button is the value of one button: the end of its address, what choosing it stands for, or the code to copy.
type Button struct {
	Index int    `json:"index" label:"Position" help:"Counted from 0." rule:"min=0,max=9"`
	Kind  string `json:"kind" label:"Kind" rule:"required,oneof=url quick_reply copy_code"`
	Value string `json:"value" label:"Value" rule:"required"`
}

type templateContent struct {
	Name       string      `json:"name"`
	Language   language    `json:"language"`
	Components []component `json:"components,omitempty"`
}

type language struct {
	Code string `json:"code"`
}

type component struct {
	Type       string      `json:"type"`
	SubType    string      `json:"sub_type,omitempty"`
	Index      string      `json:"index,omitempty"` // a string at Meta
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type       string `json:"type"`
	Name       string `json:"parameter_name,omitempty"` // of named templates; positional ones must not have it
	Text       string `json:"text,omitempty"`
	Payload    string `json:"payload,omitempty"`
	CouponCode string `json:"coupon_code,omitempty"`
	Image      *media `json:"image,omitempty"`
	Video      *media `json:"video,omitempty"`
	Document   *media `json:"document,omitempty"`
}

// media is exactly one of id and link.
type media struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Filename string `json:"filename,omitempty"`
}

var sendTemplate = sdk.Action[Template, Sent]{
	Name: "send_template", Title: "Send a template", Summary: "Sends an approved message, also to a person who has not written lately.", Sends: true,
	Run: func(ctx context.Context, call *sdk.Call, in Template) (Sent, error) {
		if len(in.Body) > 0 && len(in.Named) > 0 {
			return Sent{}, sdk.Invalid("named", "cannot stand beside body: a template has numbered places or named ones")
		}
		content := templateContent{Name: in.Template, Language: language{in.Language}, Components: in.components()}
		return post(ctx, call, in.To, outgoing{Type: "template", Template: &content}, in.summary())
	},
}

func (t Template) components() []component {
	var out []component
	if t.Header != nil {
		out = append(out, component{Type: "header", Parameters: []parameter{t.Header.parameter()}})
	}
	if values := t.values(); len(values) > 0 {
		out = append(out, component{Type: "body", Parameters: values})
	}
	for _, b := range t.Buttons {
		out = append(out, component{Type: "button", SubType: b.Kind, Index: strconv.Itoa(b.Index), Parameters: []parameter{b.parameter()}})
	}
	return out
}

func (t Template) values() []parameter {
	var out []parameter
	for _, value := range t.Body {
		out = append(out, parameter{Type: "text", Text: value})
	}
	for _, name := range slices.Sorted(maps.Keys(t.Named)) {
		out = append(out, parameter{Type: "text", Name: name, Text: t.Named[name]})
	}
	return out
}

func (h Header) parameter() parameter {
	file := &media{Filename: h.Filename}
	if strings.HasPrefix(h.Value, "https://") || strings.HasPrefix(h.Value, "http://") {
		file.Link = h.Value
	} else {
		file.ID = h.Value
	}
	p := parameter{Type: h.Kind}
	switch h.Kind {
	case "text":
		p.Text = h.Value
	case "image":
		p.Image = file
	case "video":
		p.Video = file
	case "document":
		p.Document = file
	}
	return p
}

func (b Button) parameter() parameter {
	switch b.Kind {
	case "quick_reply":
		return parameter{Type: "payload", Payload: b.Value}
	case "copy_code":
		return parameter{Type: "coupon_code", CouponCode: b.Value}
	}
	return parameter{Type: "text", Text: b.Value} // a url button: the tail of its address
}

// summary is what the timeline shows: the text of the template stays at Meta.
func (t Template) summary() string {
	var values []string
	for _, p := range t.values() {
		values = append(values, p.Text)
	}
	return strings.TrimSuffix(fmt.Sprintf("%s (%s): %s", t.Template, t.Language, strings.Join(values, ", ")), ": ")
}
