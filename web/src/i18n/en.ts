/** The console's texts. The other languages have the same keys; a missing one does not compile. */
export const en = {
  accept: { when: 'Those for which a condition holds', condition: 'Condition', conditionHelp: 'An expression over reply and all that the run knows, such as reply.text.size() > 3.', say: 'Say in between', sayHelp: 'Sent as a plain text to whom the question went.', label: 'Which answers count', any: 'All', choices: 'Choices', kinds: 'Kinds of messages', match: 'A pattern', retries: 'How often another answer may be given', retriesHelp: 'After that, the flow takes “Invalid” if it has that way, and else waits for the deadline.', addInvalid: 'Add a way for invalid answers', choicesHelp: 'One a line, with the words or button payloads that mean it: yes: yes, sí, 1' },
  account: { change: 'Change password', changed: 'Your password is changed. All other sessions have ended.', old: 'Your password now' },
  add: { filter: 'Search steps', none: 'No step matches.', own: 'Flow', title: 'Add a step' },
  bench: {
    deliver: 'Deliver', read: 'Read', undeliver: 'Fail to deliver', message: 'The latest message', again: 'Play again', answer: 'Answer as the customer', answerAt: 'Answer after {{span}}', clock: '{{span}} of {{of}}', event: 'What starts the run', lastEvent: 'What starts the run (the last real event)',
    help: 'Plays the flow on a virtual clock. Nothing is sent.', label: 'Test', nothingSaid: 'Nothing was said yet.', path: 'Steps so far', phone: "The customer's phone", play: 'Play', send: 'Send the answer', silent: 'Stay silent',
    template: 'Template {{name}}', time: 'Moment in the run',
  },
  branch: {
    default: 'Default', no_response: 'No response', invalid: 'Invalid', undelivered: 'Undelivered', then: 'Yes', else: 'No', otherwise: 'Otherwise', on_error: 'On error',
  },
  calendars: { help: 'Business hours by which flows count the time for an answer, and delays.', new: 'New calendar', empty: 'No calendar yet. Without one, times are counted around the clock.', name: 'Name', zone: 'Time zone', zoneHelp: 'Left empty: that of the customer if it is known, else that of the workspace.', theirs: 'The customer’s', hours: 'Open', change: 'Change', save: 'Save', saved: 'The calendar is saved.', deleted: 'The calendar is deleted.', closed: 'Closed', holidays: 'Closed on', holidaysHelp: 'One a line: 2026-12-25, or 12-25 for each year.', mon: 'Monday', tue: 'Tuesday', wed: 'Wednesday', thu: 'Thursday', fri: 'Friday', sat: 'Saturday', sun: 'Sunday' },
  canvas: {
    add: 'Add a step here', addTo: 'Add a step to “{{branch}}”', end: 'End', label: 'Flow', map: 'Overview of the flow', node: 'Step {{n}} of {{of}}, {{title}}', problems_one: '{{count}} problem', problems_other: '{{count}} problems',
    within: 'within {{within}}', zoom: 'Zoom',
  },
  claimedBy: { reply: 'by the reply', timeout: 'by the deadline', status: 'by the provider', cancel: 'by cancelling', api: 'by an answer in the contact’s place' },
  conflict: { mine: 'Keep mine', text: 'Somebody else has changed this flow. Compare and choose; nothing is lost until you do.', theirs: 'Take theirs' },
  connections: {
    checked: 'Checked', connector: 'Connector', create: 'Connect', deleteHelp: 'Flows that use it can no longer call this system. The stored credentials are removed.', deleteTitle: 'Delete {{name}}', deleted: '{{name}} is deleted.',
    empty: 'A connection lets flows act in one of your systems.', made: '{{name}} is connected.', name: 'Name', nameHelp: 'What flows call it, such as shop-es.', new: 'New connection', test: 'Test', webhook: 'Webhook address',
    works: 'It works: {{account}} ({{ms}} ms)',
  },
  connectors: {
    actions: 'Actions', empty: 'No connector is installed. Put one into the plugin folder.', filter: 'Search connectors', gives: 'What it gives the flow', noMatch: 'No connector matches.', reaches: 'May also reach', takes: 'What it takes',
    triggers: 'Triggers', versions: 'Versions', inUse: '(takes new calls)', signed: 'signed by {{by}}', unsigned: 'not signed', crashes_one: '{{count}} crash', crashes_other: '{{count}} crashes', choose: 'Use {{version}}', restart: 'Start again', output: 'What it printed last',
    protections: 'Its process is kept in by', missing: 'Not possible on this system: {{list}}', unprotected: 'nothing but the system’s rights for files',
    kept: { network: 'no network of its own', files: 'only its own files', temporary: 'a temporary folder of its own', processes: 'nothing it starts stays behind', memory: 'limits on memory and files', privileges: 'no privileges' },
  },
  contact: {
    export: 'Export', erase: 'Erase', erased: 'The contact is erased.', eraseHelp: 'Ends their runs and takes what tells of them out of every table. That something happened stays. There is no way back.', language: 'Language', time_zone: 'Time zone', consent: 'Consent', notDeclared: 'Not declared', blocked: 'Blocked', tags: 'Tags', fields: 'Own fields', change: 'Change', saved: 'The contact is changed.', blockHelp: 'Nothing is sent to them, and what they say is not taken. Their runs end.',
    about: 'Who the run is about', aboutHelp: 'Found or created before the first step. Phone or e-mail is enough.', email: 'E-mail', kind: '({{kind}})', name: 'Name',
    phone: 'Phone', toRun: 'Run',
  },
  contacts: { search: 'Search by name, phone, e-mail or id', noMatch: 'No contact matches.', empty: 'Contacts appear here when a flow meets them or they write.', since: 'Known' },
  do: {
    add: 'Add', cancel: 'Cancel', clear: 'Clear filters', close: 'Close', copied: 'Copied', copy: 'Copy', delete: 'Delete', done: 'Done', more: 'Show more', retry: 'Try again', typeName: 'Type {{name}} to confirm',
  },
  endpoint: {
    attempts: 'Attempts', created: 'Since', description: 'What it is for', empty: 'No outside system is told what happens here yet.', event: 'Event', events: 'Events', eventsHelp: 'run.* is all events of runs, * is everything.', help: 'Outside systems are told what happens, by signed webhooks that are sent until they are taken.', log: 'Deliveries', new: 'New endpoint', nothingSent: 'Nothing was sent yet.',
    once: 'Copy the signing secret now. It can’t be shown again.', payload: 'What was sent', resend: 'Send again', rotate: 'Make a new secret', state: 'State', test: 'Send a test', tested: 'A test is on its way.', turnOff: 'Switch off', turnOn: 'Switch on', url: 'Address',
  },
  editor: {
    canvas: 'Canvas', noFlow: 'The text is not a flow yet ({{error}}). Mend it in the YAML view.', noProblems: 'No problems', problems_one: '{{count}} problem', problems_other: '{{count}} problems', redo: 'Redo', test: 'Test', undo: 'Undo', view: 'View',
    yaml: 'YAML',
  },
  failed: { unreachable: 'The gateway does not answer. Nothing was changed.' },
  failureKind: {
    invalid: 'The input was refused; trying again does not help.', unauthorized: 'The connection has to be renewed.', rate_limited: 'The system asked to slow down.', retryable: 'A passing fault.', permanent: 'Trying again does not help.', unknown: 'It is not known whether it was done.',
  },
  first: { look: 'See the flow: it asks a customer, waits a minute and takes one of two ways.', pay: 'Open the demo’s shop and phone, and pay an order with product X.', see: 'Watch the run here, answer on the phone, or stay silent.', title: 'This is a demo. Try it in three steps:' },
  flows: {
    changed: 'Changed', create: 'Create', empty: 'A flow starts from something that happened and does the rest.', filter: 'Search flows', import: 'Or take a file (YAML or JSON)', name: 'Flow', new: 'New flow', noMatch: 'No flow matches.', runs: 'Runs', showRuns: 'Show',
    slug: 'Name', slugHelp: 'In addresses and files: lower-case letters, digits, hyphens.', state: 'State', takes: 'Takes events', takesOf: '{{flow}} takes events', title: 'Title',
  },
  form: { noOptions: 'No suggestions: {{why}}', json: 'This is not valid JSON yet.', lines: 'One value a line.', more_one: '{{count}} more field', more_other: '{{count}} more fields' },
  frame: { api: 'API reference', breadcrumbs: 'Where you are', language: 'Language', menu: 'Menu', navigation: 'Main', sandbox: 'Demo shop and phone', signOut: 'Sign out', skip: 'Skip to the content', theme: 'Theme' },
  kind: {
    contact: 'Change the contact', emit: 'Tell others', start_flow: 'Start a flow', end_runs: 'End other runs', customer_response: 'Customer Response', delay: 'Delay', do: 'Action', fail: 'Fail the run', if: 'If', set: 'Set variables', stop: 'End the run', switch: 'Switch', unknown: 'Unknown step',
  },
  kindHelp: {
    contact: 'Change tags, fields, consent of the customer.', emit: 'Tell outgoing webhooks and other flows.', start_flow: 'Start another flow for the same customer.', end_runs: 'End what else is under way for the customer.', customer_response: 'Wait for the customer’s answer, for a limited time; then take one of two ways.', delay: 'Wait for a time.', fail: 'End here as failed, with a message.', if: 'Take one of two ways by a condition.', set: 'Keep values for later steps.', stop: 'End here.',
    switch: 'Take the first of several ways whose condition holds.',
  },
  nav: { dashboard: 'Dashboard', connections: 'Connections', connectors: 'Connectors', contacts: 'Contacts', flows: 'Flows', runs: 'Runs', settings: 'Settings', webhooks: 'Webhooks' },
  attention: {
    title_one: '{{count}} thing needs attention', title_other: '{{count}} things need attention', nothing: 'Nothing needs attention: connections, connectors and webhooks are well.', connection: 'The connection {{name}} does not work', connector: 'The connector {{name}} does not run',
    endpoint: '{{url}} does not take its webhooks', endpointOff: '{{url}} is switched off', reconnect: 'Reconnect', look: 'Look', quarantined: 'It has crashed too often and was set aside.', refused: 'Its file is not the one that was approved.', backing_off: 'It has crashed and is about to be started again.',
  },
  chart: { asTable: 'Show as table', asChart: 'Show as chart', sum: '{{title}}: {{list}}', nothing: 'Nothing happened in this time.' },
  dashboard: {
    period: 'Time', day: '24 hours', week: '7 days', month: '30 days', hour: 'Hour', dayColumn: 'Day', begun: 'Runs begun', succeeded: 'Succeeded', ofEnded: 'of {{n}} that ended', replies: 'Questions answered', ofAsked: 'of {{n}} decided', howTheyAnswer: 'How people answer',
    now: 'Waiting now', nowRunning_one: '{{running}} running, {{count}} question open', nowRunning_other: '{{running}} running, {{count}} questions open', show: 'Show', points: '{{n}} points', before: 'compared with the time before', runs: 'Runs by outcome', answers: 'Questions by answer', ongoing: 'Going on',
    failing: 'Failed in the last 24 hours', nothingFailed: 'No run has failed.', failures_one: '{{count}} run failed', failures_other: '{{count}} runs failed', last: 'Newest', lastOf: 'Newest failed run of {{flow}}', all: 'Show all', due: 'Questions that end first', nothingOpen: 'No question is open.',
    firstSteps: 'First steps', stepsDone: '{{n}} of {{of}} done',
    step: { connect: 'Connect a system', draw: 'Draw a flow', publish: 'Publish it', run: 'See it run' },
    stepHelp: { connect: 'Your shop, your CRM, WhatsApp: a connection lets flows hear and act there.', draw: 'What starts it, whom it asks, and what happens with an answer or without one.', publish: 'Until then nothing happens outside: test it on a virtual clock as often as you like.', run: 'When something starts the flow, its run appears here with all that happens in it.' },
    stepDo: { connect: 'New connection', draw: 'New flow', publish: 'To the flows', run: 'To the runs' },
  },
  decided: {
    opt_out: 'The contact wants no more messages.', reference: 'It quotes the question, or is one of its buttons.', open_wait: 'A question to the contact was open here.', collecting: 'It is more of an answer that had begun.', other_channel: 'A question on another channel takes answers from anywhere.', trigger: 'A flow starts on such messages.', api: 'Somebody answered for the contact.', none: 'No question was open and no flow starts on it.',
  },
  insight: {
    title: 'How people answer', question: 'Question', asked: 'Asked', rate: 'Reply rate', half: 'Half answer in', most: '95% answer in', limit: 'Limit', late: 'Too late', days_one: '{{count}} day', days_other: '{{count}} days', incomplete: 'These figures are of the newest {{n}} questions; there were more.',
    empty: 'Nobody was asked anything in this time. A flow asks with a Customer Response step.', runs: 'Runs', tryLimit: 'What another limit would have changed', limitOf: 'Limit to try for {{name}}', asItIs: 'With the limit of {{limit}} as it is', with: 'With {{limit}} instead of {{now}}', wouldAnswer: '{{share}} answer in time ({{n}} of {{of}})',
    same: 'The same as today.', moreAnswers_one: '{{count}} more answer in time.', moreAnswers_other: '{{count}} more answers in time.', fewerAnswers_one: '{{count}} answer would have come too late.', fewerAnswers_other: '{{count}} answers would have come too late.', longer: 'Who stays silent is known {{span}} later.', sooner: 'Who stays silent is known {{span}} sooner.', atLeast: 'At least: only late answers that came are known.', noneDecided: 'No question has ended yet.',
    curve: 'When answers come', ofThose: 'Of those who answer', haveAnswered: 'have answered in', noAnswers: 'Nobody has answered yet.', limitIs: 'Limit {{limit}}', curveSays: 'Half of those who answer do so in {{half}}, 95% in {{most}}. {{inTime}} of those asked answer within {{limit}}.',
  },
  journey: {
    title: 'Journey', show: 'Show', all: 'All', message: 'Messages', run: 'Runs', wait: 'Questions', empty: 'Nothing happened yet.', waiting: 'Open questions', wrote: 'Wrote', sent: 'Was sent', began: 'began', question: 'Question', after: 'after {{span}}', deadline: 'Deadline {{at}}.', lateCame: 'An answer came too late.',
    delayed: 'It reached us {{span}} after it was said.', copies_one: '{{count}} more copy came.', copies_other: '{{count}} more copies came.',
  },
  palette: {
    label: 'Search and go', short: 'Search', placeholder: 'A page, flow, contact, or the id of a run', results: 'Results', none: 'Nothing fits “{{typed}}”.', found_one: '{{count}} result', found_other: '{{count}} results', move: 'choose', open: 'go', byId: 'By id', pages: 'Pages', more: 'More', run: 'Run', contact: 'Contact', request: 'Webhook request',
    runsOf: 'Runs of {{flow}}', answersOf: 'How people answer {{flow}}', toLight: 'Light theme', toDark: 'Dark theme', failedRuns: 'Failed runs', waitingRuns: 'Waiting runs',
    page: { dashboard: 'Dashboard', flows: 'Flows', runs: 'Runs', insight: 'How people answer', contacts: 'Contacts', connections: 'Connections', connectors: 'Connectors', webhooks: 'Webhooks out', requests: 'Webhooks in', settings: 'Settings' },
  },
  requests: {
    in: 'In', out: 'Out', help: 'Each request that a shop, a CRM or a provider sent here, stored before it was answered. What was refused is not kept: its sender did not prove who it is.', addresses: 'Addresses of connections', verdict: 'Verdict', anyVerdict: 'Any verdict', connection: 'Connection', anyConnection: 'Any connection', to: 'To', receivedAt: 'Received', size: 'Size',
    empty: 'Requests appear here when a system sends its first webhook.', noMatch: 'No request matches these filters.', one: 'Webhook request', again: 'Read again', againHelp: 'What it brought before is known and does not happen twice.', readingAgain: 'The request is read again.', failedHelp: 'Nothing came of it. When the cause is mended, have it read again.',
    cameOfIt: 'What came of it', notYet: 'It is stored and about to be read.', nothingNew: 'Nothing new: it was a copy, or there was nothing to act on.', query: 'Query', headers: 'Headers', redacted: 'Authorization, cookies and tokens are not stored.', body: 'Body', noBody: 'It had no body.',
  },
  notFound: { flows: 'To the flows', text: 'There is nothing at this address, or it belongs to another workspace.', title: 'Not found' },
  onUnknown: { fail: 'Fail the run', resend: 'Do it again', continue: 'Go on' },
  panel: { down: 'Move down', label: 'Set up', remove: 'Remove step', up: 'Move up' },
  people: {
    changed: '{{name}} is changed.', disable: 'Disable', enable: 'Enable', help: 'Who may sign in, and what they may do.', invite: 'Invite', inviteHelp: 'You get a link to pass on. It is good once, for 72 hours.', linkHelp: 'Give this link to the person by a way you trust. It is good once, for 72 hours, and is not shown again.',
    linkTitle: 'Link for {{name}}', makeRole: 'Change the role to', newLink: 'Link for a new password',
  },
  person: { email: 'E-mail', name: 'Name', newPassword: 'New password', password: 'Password', passwordRule: 'At least 12 characters; a few words make a good one.', role: 'Role', showPassword: 'Show the password' },
  picker: { filter: 'Search data', help: 'A click puts the value into the field you were in last.', none: 'There is no such data before this step.', title: 'Insert data' },
  publish: {
    diff: 'What changes against version {{n}}, which is live:', do: 'Publish now', done: 'Version {{n}} is live.', first: 'Nothing is live yet. This is what goes live:', open: 'Publish', same: 'The live version is the same already.', title: 'Publish',
    waiting_one: '{{count}} run is waiting on an older version. It stays on it.', waiting_other: '{{count}} runs are waiting on older versions. They stay on them.',
  },
  role: { viewer: 'Viewer', operator: 'Operator', builder: 'Builder', admin: 'Admin', owner: 'Owner' },
  roleHelp: {
    viewer: 'Sees everything but secrets.', operator: 'Also starts and cancels runs and answers waits.', builder: 'Also changes flows and connections.', admin: 'Also manages people and tokens.', owner: 'Also makes other owners.',
  },
  run: {
    retry: 'Retry the failed step', retryHelp: 'The call of {{step}} is made again with the same input. Steps that had run stay as they are; then the flow goes on.', retried: 'The run goes on.', retryUnknown: 'It is not known whether the call was done. If it was, it may now be done twice.',
    actions: 'Actions', attempts_one: '{{count}} attempt', attempts_other: '{{count}} attempts', cancel: 'Cancel the run', cancelHelp: 'It ends here and takes no further step. Messages that were sent stay sent.', canvas: 'On the canvas', contact: 'Contact', event: 'Event', id: 'Id', input: 'Input',
    noVersion: 'The version that this run follows is not among the last 50.', openFlow: 'Open the flow', output: 'Output', reason: 'Reason', startedBy: 'Started by', steps: 'Steps', timeline: 'Timeline', took: 'Duration', version: 'Version',
  },
  runs: {
    anyFlow: 'Any flow', anyStatus: 'Any status', asking: 'waiting for a reply in', backingOff: 'trying again in', empty: 'Runs appear here when something starts a flow.', ended: 'Ended', flow: 'Flow', live: 'updated live', noMatch: 'No run matches these filters.',
    sleeping: 'paused in', started: 'Started', status: 'Status', where: 'Now',
  },
  saved: { saved: 'Saved {{at}}', saving: 'Saving', unsaved: 'Not saved yet', failed: 'Not saved', conflict: 'Changed elsewhere' },
  scopeHelp: { read: 'See everything but secrets.', operate: 'Also start and cancel runs, answer waits.', write: 'Also change flows and connections.', admin: 'Also manage people and tokens.' },
  setUp: { do: 'Create and sign in', title: 'Make the first owner', token: 'Set-up token', tokenHelp: 'It was printed when the gateway started.' },
  settings: { calendars: 'Calendars', needBuilder: 'This needs the role builder, admin or owner.', account: 'My account', needAdmin: 'This needs the role admin or owner.', people: 'People', tokens: 'API tokens' },
  several: { newest: 'The newest takes it', oldest: 'The oldest takes it', all: 'All take it' },
  signIn: { demo: 'Enter the demo', do: 'Sign in', forgot: 'Password forgotten? An admin can make you a link, and so can “cordboard user link” on the server.', nobody: 'Nobody can sign in yet.', title: 'Sign in', toSetUp: 'Set up' },
  state: {
    blocked: 'Blocked', not_declared: 'Consent not declared', subscribed: 'Subscribed', unsubscribed: 'Unsubscribed',
    taken: 'Taken', unreadable: 'Unreadable', collecting: 'Being answered', active: 'Active', backing_off: 'Backing off', bad: 'Needs attention', cancelled: 'Cancelled', delivered: 'Delivered', disabled: 'Disabled', draft: 'Draft', duplicate: 'Duplicate', failed: 'Failed', failing: 'Failing', good: 'Healthy', invalid: 'Invalid', idle: 'Idle', invited: 'Invited', late: 'Too late',
    live: 'Live', matched: 'Answer', no_match: 'No question open', no_response: 'No response', off: 'Off', open: 'Open', opted_out: 'Opted out', pending: 'Pending', quarantined: 'Quarantined', queued: 'Queued', read: 'Read', ready: 'Ready', received: 'Received', refused: 'Refused', replied: 'Replied',
    revoked: 'Revoked', running: 'Running', sending: 'Sending', sent: 'Sent', started: 'Started a flow', starting: 'Starting', stopped: 'Stopped', succeeded: 'Succeeded', undelivered: 'Undelivered', unknown: 'Not checked', waiting: 'Waiting',
  },
  step: {
    counted: 'Count only the hours of', aroundTheClock: 'Around the clock', delay_for: 'For', delay_until: 'Until', delay_open: 'Until open', add_tags: 'Add tags', remove_tags: 'Take tags away', stays: 'Stays as it is', yes: 'Yes', no: 'No', emitEvent: 'Name of the event', newValue: 'New value', startFlow: 'Flow', startWait: 'Wait until it has ended', startWaitHelp: 'Later steps then read its status.', startData: 'What it reads as event:', endRunsHelp: 'Ends runs of the same customer, and the waits that they are in. This run goes on.', endAll: 'Of all flows', endSome: 'Of some flows', ifItFails: 'If it fails', attempts: 'Attempts at most', attemptsHelp: 'For passing faults: an answer 5xx, a broken connection. Normally 5.', backoff: 'First pause, such as 2s', timeout: 'Time limit of one attempt, such as 20s', addOnError: 'Add a way for failures',
    action: 'Action', addCase: 'Add a case', addUndelivered: 'Add a way for messages that can’t be delivered', answers: 'Answers the message of', answersHelp: 'Left empty: the latest message before this step.', case: 'Case {{n}}: when', caseIs: 'Case {{n}}: is', chooseConnection: 'Choose a connection',
    connection: 'Connection', expression: 'An expression, such as event.total > 100.', failMessage: 'Message', id: 'Name of the step', idHelp: 'Later steps read its output under this name.', if: 'Condition', newVariable: 'New variable', noConnection: 'There is no connection to {{connector}} yet.',
    nothingAsked: 'No step before this one sends a message, so there is nothing to answer.', onUnknown: 'If it is not known whether it was done', onUnknownHelp: 'After a crash or a lost connection in the middle of the call.', removeCase: 'Remove case {{n}}', removeVariable: 'Remove {{name}}',
    responseHelp: 'Waits until the customer answers. In time, the flow takes “Default”; otherwise “No response”.', several: 'If several questions to the customer are open', severalHelp: 'Which of them takes a message that quotes none.', spanHelp: 'A duration such as 2h or 1h30m, or an expression in {{ }}.',
    stopReason: 'Reason', switchHelp: 'The first case that holds is taken; if none does, “Otherwise”.', unit: 'Unit', within: 'Wait at most', yamlOnly: 'This step can be changed in the YAML view.',
  },
  terms: {
    label: 'More about the wait', from: 'The time begins', from_sent: 'When the question is sent', from_delivered: 'When it has been delivered', from_read: 'When it has been read', from_step: 'When the run comes to this step', deliverWithin: 'Wait for that at most', quiet: 'Collect messages until the customer is quiet for', quietHelp: 'Several short messages are then one answer. Left empty: the first message is the answer.', max: 'But at most for',
    late: 'A message after the time', late_attach: 'Is kept with this question', late_ignore: 'Is for other flows', late_start_flow: 'Is kept, and starts a flow', channels: 'An answer counts', channels_same: 'On the connection that asked', channels_any: 'On any connection', on_takeover: 'If a person writes to the customer meanwhile', on_takeover_continue: 'Go on waiting', on_takeover_cancel: 'End the run',
  },
  theme: { auto: 'As the system', light: 'Light', dark: 'Dark' },
  time: { left: '{{span}} left', over: 'due' },
  tokens: {
    days_one: '{{count}} day', days_other: '{{count}} days', empty: 'Programs use the API with a token.', expires: 'Ends', help: 'Programs use the API with a token.', hint: 'Token', never: 'Never', new: 'New token', once: 'Copy the token now. It is not stored and can’t be shown again.', revoke: 'Revoke', revoked: 'The token is revoked.',
    scope: 'What it allows', used: 'Last used', where: 'Where it is used',
  },
  trigger: { message: 'A customer writes', schedule: 'By the clock', cron: 'Schedule', cronHelp: 'Minute, hour, day, month and day of the week: 0 9 * * mon-fri is nine on workdays.', anyConnection: 'Any', texts: 'Exactly one of these texts', payloads: 'One of these buttons (payloads)', messageHelp: 'With none of these: every message.', during: 'Only while this is open', outside: 'Only while this is closed', rank: 'If a question to the customer is open', rank_normal: 'The question takes the message first', rank_interrupts: 'This flow takes it first', rank_fallback: 'This flow takes only what nothing else does', contact_tag_added: 'A tag was added to a contact', contact_tag_removed: 'A tag was taken from a contact', contact_field_changed: 'A field of a contact changed', contact_consent_changed: 'A contact subscribed or unsubscribed', contact_blocked: 'A contact was blocked or unblocked', only_tag: 'Only this tag', only_field: 'Only this field', only_after: 'Only subscribed or unsubscribed', onlyHelp: 'Left empty: all.', run_failed: 'A run failed', wait_late_reply: 'An answer came too late', custom: 'Another flow tells', customNamed: 'A flow tells {{name}}', customName: 'Name of the event', customHelp: 'As the step “Tell others” names it.', perContact: 'If the customer is in a run of this flow already', per_allow: 'Start another', per_queue: 'Start when that has ended', per_replace: 'End that, start this', per_reject: 'Start none', label: 'Trigger', manual: 'Started by hand or API', none: 'No trigger yet', on: 'What starts the flow', own: 'Built in', webhook: 'A webhook' },
  unit: { m: 'minutes', h: 'hours', d: 'days' },
  versions: { n: 'Version {{n}}', none: 'Nothing was published yet.', restore: 'Take as draft', title: 'Versions' },
  wait: { answer: 'Answer', answerFor: 'Answer in the customer’s place', answered: 'The answer is taken; the run goes on.', closed: 'Closed', deadline: 'Deadline', opened: 'Opened', state: 'State', then: 'Without an answer by then, the flow takes “No response”.', title: 'Waiting for the customer’s answer' },
  webhook: { address: 'Address', addressHelp: 'Any system may post here. It stays the same as long as the flow is there.', afterPublish: 'The flow gets its address when it is published.', auth: 'How senders prove who they are', deliveryKey: 'Header that is the same on every copy', deliveryKeyHelp: 'Copies then start the flow once. Left empty, each request counts.', encoding: 'Encoding of the signature', header: 'Header', headerHelp: 'That carries the signature or the token.', needsSecret: 'Nothing is taken until there is a secret.', newSecret: 'Make a new secret', once: 'Copy the secret now. It can’t be shown again. The one before stays good for a day.', open: 'Whoever knows the address can start the flow.', prefix: 'Text before the signature', query: 'Or a query parameter' },
  webhookAuth: { standard_webhooks: 'Standard Webhooks', hmac_sha256: 'A signature (HMAC-SHA256)', token: 'A token', none: 'Nothing' },
  welcome: { do: 'Set password and sign in', noLink: 'This address lacks its link. Open it again as you were given it.', title: 'Set your password' },
} as const

type Texts<T> = { [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }
export type Messages = Texts<typeof en>
