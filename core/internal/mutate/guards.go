package main

// guard is a line that keeps something from going wrong, and the tests that say so when it is gone.
type guard struct {
	name string
	file string // below core/internal
	from string // stands in the file exactly once
	to   string
	// tests, as go test -run takes them, are run in the folder of pkg, below core/internal; any that fails has noticed.
	pkg, tests string
	postgres   bool // the guard is one of Postgres alone
}

var guards = []guard{
	{
		name: "revision check of runs", file: "store/runs.go",
		from: `Where("id = ? AND revision = ?", r.ID, whole(r.Revision))`, to: `Where("id = ?", r.ID)`,
		pkg: "engine", tests: "TestLateOutcomeIsDropped",
	}, {
		name: "revision check of waits", file: "store/waits.go",
		from: `Where("id = ? AND "+liveWait+" AND revision = ?", w.ID, whole(w.Revision))`, to: `Where("id = ?", w.ID)`,
		pkg: "store", tests: "TestSQLite",
	}, {
		name: "a step has one wait", file: "store/waits.go",
		from: `err = engine.ErrLost`, to: `err = nil`,
		pkg: "store", tests: "TestSQLite",
	}, {
		name: "a closed wait stays closed", file: "store/waits.go",
		from: `Where("id = ? AND "+liveWait+" AND revision = ?", w.ID, whole(w.Revision))`, to: `Where("id = ? AND revision = ?", w.ID, whole(w.Revision))`,
		pkg: "store", tests: "TestSQLite",
	}, {
		name: "dedupe key of events", file: "store/receive.go",
		from: `		Key: e.Key, OccurredAt: at(e.OccurredAt)`, to: `		Key: e.Key + e.ID, OccurredAt: at(e.OccurredAt)`,
		pkg: "engine", tests: "TestR14Duplicates",
	}, {
		name: "provider id of messages", file: "store/messages.go",
		from: `WHERE connection_id = ? AND provider_id = ? AND provider_id <> '')
		RETURNING`, to: `WHERE connection_id = ? AND provider_id = ? AND provider_id <> '' AND false)
		RETURNING`,
		pkg: "engine", tests: "TestRaces/.*/one_provider_event",
	}, {
		name: "delivery key of requests", file: "store/requests.go",
		from: "Body: r.Body, DeliveryKey: r.DeliveryKey,\n\t}\n\tif row", to: "Body: r.Body,\n\t}\n\tif row",
		pkg: "engine", tests: "TestCase2",
	}, {
		name: "one run of an event and a flow", file: "engine/event.go",
		from: "fresh, err := tx.InsertDelivery(ctx, ev.ID, s.flowID, r.ID)\n\t\tif err != nil || !fresh {", to: "_, err := tx.InsertDelivery(ctx, ev.ID, s.flowID, r.ID)\n\t\tif err != nil {",
		pkg: "engine", tests: "TestR14Duplicates",
	}, {
		name: "contact lock", file: "store/commit.go",
		from: `locks = append(locks, "contact "+one)`, to: `_ = one`,
		pkg: "store", tests: "TestPostgres/R4:_units", postgres: true,
	}, {
		name: "what a unit puts by is sent before the next", file: "store/commit.go",
		from: `if before != nil {`, to: `if false {`,
		pkg: "store", tests: "TestWhatAUnitPutsBy", postgres: true,
	}, {
		name: "contacts as they are under their locks", file: "engine/event.go",
		from: `err == nil && got.Contact.ID != contact.ID:`, to: `err == nil && false:`,
		pkg: "engine", tests: "TestR4AnAnswerDuringAMerge",
	}, {
		name: "contacts of runs as they are under their locks", file: "engine/event.go",
		from: `starts, err := e.present(ctx, tx, got.Contact, starts)`, to: `err = nil`,
		pkg: "engine", tests: "TestAMergeBeforeTheLockIsTaken",
	}, {
		name: "rate of starts for one contact", file: "engine/event.go",
		from: `if err != nil || starts < most {`, to: `if most > starts || true {`,
		pkg: "engine", tests: "TestCase93",
	}, {
		name: "barrier of unread requests", file: "engine/wait.go",
		from: `if err != nil || !unread {`, to: `if unread = false; err != nil || !unread {`,
		pkg: "engine", tests: "TestR5Barrier|TestRaces/.*/a_reply_is_received",
	}, {
		name: "settle after the deadline", file: "engine/wait.go",
		from: `if now.Before(w.FireAt) {`, to: `if false {`,
		pkg: "engine", tests: "TestR5DeadlineIsFair",
	}, {
		name: "grace after an outage", file: "engine/wait.go",
		from: `if end := heard.Since.Add(e.Grace);`, to: `if end := heard.Since;`,
		pkg: "engine", tests: "TestR6GraceAfterAnOutage",
	}, {
		name: "bounded rate after an outage", file: "engine/wait.go",
		from: `if until.Sub(tx.Now()) <= barrierStep {`, to: `if true {`,
		pkg: "engine", tests: "TestR6TheLongestOverdue",
	}, {
		name: "lookback of a wait that opens", file: "engine/wait.go",
		from: `tx.UnclaimedInbound(ctx, w.ContactID, connectionID, w.SinceSeq)`, to: `tx.UnclaimedInbound(ctx, w.ContactID, connectionID, 1<<60)`,
		pkg: "engine", tests: "TestR1R2AnswerBeforeTheSendReturns",
	}, {
		name: "lookback: what came before all waits", file: "conversation/match.go",
		from: `return m.Disposition != OptedOut && m.DecidedBy`, to: `return true || m.DecidedBy`,
		pkg: "engine", tests: "TestR2R9LookingBackPassesOver",
	}, {
		name: "lookback: an opt-out during the question", file: "engine/wait.go",
		from: `case m.Disposition == conversation.OptedOut && m.ConnectionID == w.ConnectionID:`, to: `case false:`,
		pkg: "engine", tests: "TestR9AnOptOutDuringTheQuestion",
	}, {
		name: "lookback: a message that ended a wait", file: "store/messages.go",
		from: `w.reply_id = m.id`, to: `w.reply_id = w.id`,
		pkg: "engine", tests: "TestR2R10",
	}, {
		name: "the deadline, for an answer by the API", file: "engine/answer.go",
		from: `if w.Overdue(tx.Now()) {`, to: `if false {`,
		pkg: "engine", tests: "TestR5AnAnswerAfterTheDeadline",
	}, {
		name: "the deadline, for another try", file: "engine/message.go",
		from: ` || w.Overdue(tx.Now()) {`, to: ` {`,
		pkg: "engine", tests: "TestR5NoOtherAnswer",
	}, {
		name: "a late message is of the question it quotes", file: "engine/message.go",
		from: `d.Late, d.Quotes = quoted, true`, to: `d.Quotes = true`,
		pkg: "engine", tests: "TestR9R13",
	}, {
		name: "intent: messages before the question never count", file: "store/messages.go",
		from: `"coalesce((SELECT inbound_seq FROM contacts WHERE id = ?), 0)"`, to: `"coalesce((SELECT 0 FROM contacts WHERE id = ?), 0)"`,
		pkg: "engine", tests: "TestR1R2AnswerBeforeTheSendReturns",
	}, {
		name: "intent: what must not be repeated is not", file: "run/advance.go",
		from: `once := do.Declared.Repeat == protocol.RepeatOnce`, to: `once := false`,
		pkg: "engine", tests: "TestLostMessageIsNeverSentAgain|TestKillPoints/case_5",
	}, {
		name: "intent: one key for all attempts", file: "run/advance.go",
		from: `IdempotencyKey: CallKey(m.state.Facts.RunID, sr.StepID, sr.Iteration),`, to: `IdempotencyKey: fmt.Sprint(CallKey(m.state.Facts.RunID, sr.StepID, sr.Iteration), m.state.Attempt),`,
		pkg: "engine", tests: "TestLostCallThatMayBeRepeated|TestKillPoints/case_5",
	}, {
		name: "calls that nobody makes are noticed", file: "engine/carry.go",
		from: "\t\te.release(out.calls...)\n\t\tif !errors", to: "\t\tif !errors",
		pkg: "engine", tests: "TestACommitThatWasNotAnswered",
	}, {
		name: "a lost call is judged as it is now", file: "engine/wake.go",
		from: "r, err := tx.Run(ctx, r.ID) // another node may have taken it over\n\tif err != nil {", to: "owner := r.Owner\n\tr, err := tx.Run(ctx, r.ID)\n\tr.Owner = owner\n\tif err != nil {",
		pkg: "engine", tests: "TestOneNodeTakesOver",
	}, {
		name: "the call of a node that lives is left to it", file: "engine/wake.go",
		from: `if err != nil || alive {`, to: `if alive = false; err != nil || alive {`,
		pkg: "engine", tests: "TestACallUnderWayIsLeftToItsNode",
	}, {
		name: "a status that came before the loss was noticed", file: "engine/carry.go",
		from: `if t.State.Phase != run.PhaseSettling {`, to: `if true {`,
		pkg: "engine", tests: "TestLostMessageThatWasToldOfBefore",
	}, {
		name: "an unanswered commit is not repeated blindly", file: "store/postgres.go",
		from: `return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)`, to: `return fmt.Errorf("%w", err)`,
		pkg: "store", tests: "TestNoAcknowledgedWriteIsLostWhenPostgresCrashes", postgres: true,
	}, {
		name: "a webhook whose answer was lost is found by its id", file: "store/arrivals.go",
		from: `if err == nil && unsure {`, to: `if false {`,
		pkg: "store", tests: "TestCase47AWebhook", postgres: true,
	}, {
		name: "a proof is asked for again", file: "httpapi/auth.go",
		from: `case op.proved && who`, to: `case false && who`,
		pkg: "httpapi", tests: "TestAProofIsAskedForAgain",
	}, {
		name: "lease of an outgoing webhook", file: "store/outgoing.go",
		from: `at(t.now.Add(lease)), endpointID`, to: `at(t.now), endpointID`,
		pkg: "store", tests: "TestSQLite",
	}, {
		name: "workspace filter of lists", file: "store/page.go",
		from: `q = q.Where("?.workspace_id = ?", bun.Ident(alias), workspaceID)`, to: `_ = workspaceID`,
		pkg: "store", tests: "TestSQLite",
	}, {
		name: "what is old in one workspace only", file: "store/prune.go",
		from: `AS x WHERE x.workspace_id = ? AND x.id > ? AND x.id <= ? AND "`, to: `AS x WHERE (x.workspace_id = ? OR true) AND x.id > ? AND x.id <= ? AND "`,
		pkg: "store", tests: "TestSQLite",
	}, {
		name: "a wait fits the retention", file: "engine/limit.go",
		from: `if v == nil || v.flow.LongestWait <= retention.Least {`, to: `if true {`,
		pkg: "engine", tests: "TestR15AWaitFitsTheRetention/240h/sqlite",
	}, {
		name: "signature compare", file: "trigger/verify.go",
		from: `subtle.ConstantTimeCompare(x[:], y[:]) == 1`, to: `subtle.ConstantTimeCompare(x[:], y[:]) >= 0`,
		pkg: "trigger", tests: "TestVendorSignatures|TestTokens",
	}, {
		name: "dial guard", file: "egress/guard.go",
		from: `netip.AddrPortFrom(addr, dest.Port())); err != nil {`, to: `netip.AddrPortFrom(addr, dest.Port())); err != nil && false {`,
		pkg: "egress", tests: "TestTheDialledAddressIsTheJudgedOne|TestDestinationsAreJudged|TestNameServers",
	}, {
		name: "events of another flow's subscription", file: "flow/narrow.go",
		from: `return t.EndpointKey == key`, to: `return true`,
		pkg: "flow", tests: "TestEqualInputsHaveOneAddress",
	},
}
