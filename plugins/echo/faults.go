package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// Nap is how long to do nothing.
type Nap struct {
	For sdk.Duration `json:"for" label:"For" default:"1s"`
}

var sleep = sdk.Action[Nap, sdk.None]{
	Name: "sleep", Title: "Sleep", Summary: "Takes its time, and wakes when cancelled.", Reads: true,
	Run: func(ctx context.Context, _ *sdk.Call, in Nap) (sdk.None, error) {
		select {
		case <-ctx.Done():
			return sdk.None{}, ctx.Err()
		case <-time.After(time.Duration(in.For)):
			return sdk.None{}, nil
		}
	},
}

var hang = sdk.Action[Nap, sdk.None]{
	Name: "hang", Title: "Hang", Summary: "Takes its time and ignores a cancel.",
	Run: func(_ context.Context, _ *sdk.Call, in Nap) (sdk.None, error) {
		time.Sleep(time.Duration(in.For))
		return sdk.None{}, nil
	},
}

var panics = sdk.Action[sdk.None, sdk.None]{
	Name: "panic", Title: "Panic", Summary: "Panics.",
	Run: func(context.Context, *sdk.Call, sdk.None) (sdk.None, error) { panic("as asked") },
}

// Ending is how the process ends.
type Ending struct {
	Code int `json:"code" label:"Exit code" default:"3" rule:"min=0,max=125"`
}

var exit = sdk.Action[Ending, sdk.None]{
	Name: "exit", Title: "Exit", Summary: "Ends the connector's process.",
	Run: func(_ context.Context, _ *sdk.Call, in Ending) (sdk.None, error) {
		os.Exit(in.Code)
		return sdk.None{}, nil
	},
}

// Deluge is how much to log.
type Deluge struct {
	Lines int `json:"lines" label:"Lines" default:"1000" rule:"min=1,max=1000000"`
	Size  int `json:"size" label:"Bytes a line" default:"100" rule:"min=1,max=1000000"`
}

var flood = sdk.Action[Deluge, sdk.None]{
	Name: "flood", Title: "Flood", Summary: "Logs a lot.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in Deluge) (sdk.None, error) {
		line := strings.Repeat("x", in.Size)
		for range in.Lines {
			if ctx.Err() != nil {
				return sdk.None{}, ctx.Err()
			}
			call.Log.Info(line)
		}
		return sdk.None{}, nil
	},
}

// Size is how much to return.
type Size struct {
	Bytes int `json:"bytes" label:"Bytes" rule:"required,min=0,max=100000000"`
}

// Bulk is an output of a given size.
type Bulk struct {
	Data string `json:"data"`
}

var big = sdk.Action[Size, Bulk]{
	Name: "big", Title: "Big", Summary: "Returns a large output.", Reads: true,
	Run: func(_ context.Context, _ *sdk.Call, in Size) (Bulk, error) {
		return Bulk{strings.Repeat("x", in.Bytes)}, nil
	},
}

var garbage = sdk.Action[sdk.None, json.RawMessage]{
	Name: "garbage", Title: "Garbage", Summary: "Returns an output that is not JSON.", Reads: true,
	Run: func(context.Context, *sdk.Call, sdk.None) (json.RawMessage, error) {
		return json.RawMessage(`{"oops`), nil
	},
}

// Fault is the failure to answer with.
type Fault struct {
	Kind       string       `json:"kind" label:"Kind" rule:"required,oneof=invalid unauthorized rate_limited retryable permanent unknown"`
	Message    string       `json:"message" label:"Message" default:"as asked"`
	Field      string       `json:"field" label:"Field" default:"kind"`
	RetryAfter sdk.Duration `json:"retry_after" label:"Retry after" default:"1s"`
	// Until makes the action succeed from that attempt on, so that a retry can be seen to help.
	Until int `json:"until" label:"Until attempt" help:"Succeeds from this attempt on; 0 never."`
}

var fail = sdk.Action[Fault, sdk.None]{
	Name: "fail", Title: "Fail", Summary: "Fails in the kind that is asked for.", Repeatable: true,
	Run: func(_ context.Context, call *sdk.Call, in Fault) (sdk.None, error) {
		if in.Until > 0 && call.Attempt >= in.Until {
			return sdk.None{}, nil
		}
		err := errors.New(in.Message)
		switch in.Kind {
		case "invalid":
			err = sdk.Invalid(in.Field, in.Message)
		case "unauthorized":
			err = sdk.Unauthorized(err)
		case "rate_limited":
			err = sdk.RateLimited(err, time.Duration(in.RetryAfter))
		case "retryable":
			err = sdk.Retryable(err)
		case "permanent":
			err = sdk.Permanent(err)
		}
		return sdk.None{}, err
	},
}
