import type { Messages } from './en'

export const it: Messages = {
  accept: { when: 'Quelle per cui vale una condizione', condition: 'Condizione', conditionHelp: 'Un’espressione su reply e su tutto ciò che l’esecuzione sa, come reply.text.size() > 3.', say: 'Di’ nel frattempo', sayHelp: 'Inviato come testo semplice a chi ha ricevuto la domanda.', label: 'Quali risposte valgono', any: 'Tutte', choices: 'Scelte', kinds: 'Tipi di messaggio', match: 'Un modello', retries: 'Quante volte si può rispondere di nuovo', retriesHelp: 'Dopo, il flusso prende «Non valida» se ha quella strada; altrimenti aspetta la scadenza.', addInvalid: 'Aggiungi una strada per le risposte non valide', choicesHelp: 'Una per riga, con le parole o i valori dei pulsanti che la indicano: yes: yes, sí, 1' },
  account: { change: 'Cambia password', changed: 'La password è cambiata. Le altre sessioni sono terminate.', old: 'La password attuale' },
  add: { filter: 'Cerca passi', none: 'Nessun passo corrisponde.', own: 'Flusso', title: 'Aggiungi un passo' },
  bench: {
    deliver: 'Consegna', read: 'Leggi', undeliver: 'Non consegnare', message: 'L’ultimo messaggio', again: 'Ripeti', answer: 'Rispondi come cliente', answerAt: 'Rispondi dopo {{span}}', clock: '{{span}} di {{of}}', event: 'Che cosa avvia l’esecuzione', lastEvent: 'Che cosa avvia l’esecuzione (l’ultimo evento reale)',
    help: 'Esegue il flusso con un orologio virtuale. Non viene inviato nulla.', label: 'Prova', nothingSaid: 'Non è stato detto ancora nulla.', path: 'Passi finora', phone: 'Il telefono del cliente', play: 'Esegui', send: 'Invia la risposta', silent: 'Non rispondere',
    template: 'Modello {{name}}', time: 'Momento dell’esecuzione',
  },
  branch: {
    default: 'Predefinito', no_response: 'Nessuna risposta', invalid: 'Non valida', undelivered: 'Non consegnato', then: 'Sì', else: 'No', otherwise: 'Altrimenti', on_error: 'In caso di errore',
  },
  calendars: { help: 'Orari di lavoro con cui i flussi contano il tempo per la risposta e le attese.', new: 'Nuovo calendario', empty: 'Ancora nessun calendario. Senza, il tempo si conta 24 ore su 24.', name: 'Nome', zone: 'Fuso orario', zoneHelp: 'Vuoto: quello del cliente se è noto, altrimenti quello dello spazio di lavoro.', theirs: 'Quello del cliente', hours: 'Aperto', change: 'Cambia', save: 'Salva', saved: 'Il calendario è salvato.', deleted: 'Il calendario è eliminato.', closed: 'Chiuso', holidays: 'Chiuso il', holidaysHelp: 'Uno per riga: 2026-12-25, o 12-25 per ogni anno.', mon: 'Lunedì', tue: 'Martedì', wed: 'Mercoledì', thu: 'Giovedì', fri: 'Venerdì', sat: 'Sabato', sun: 'Domenica' },
  canvas: {
    add: 'Aggiungi un passo qui', addTo: 'Aggiungi un passo a «{{branch}}»', end: 'Fine', label: 'Flusso', map: 'Panoramica del flusso', node: 'Passo {{n}} di {{of}}, {{title}}', problems_one: '{{count}} problema', problems_other: '{{count}} problemi',
    within: 'entro {{within}}', zoom: 'Zoom',
  },
  claimedBy: { reply: 'dalla risposta', timeout: 'dalla scadenza', status: 'dal fornitore', cancel: 'dall’annullamento', api: 'da una risposta al posto del contatto' },
  conflict: { mine: 'Tieni il mio', text: 'Qualcun altro ha cambiato questo flusso. Confronta e scegli; fino ad allora non si perde nulla.', theirs: 'Prendi il suo' },
  connections: {
    checked: 'Verificata', connector: 'Connettore', create: 'Connetti', deleteHelp: 'I flussi che la usano non potranno più chiamare questo sistema. Le credenziali salvate vengono rimosse.', deleteTitle: 'Elimina {{name}}', deleted: '{{name}} è eliminata.',
    empty: 'Una connessione permette ai flussi di agire in uno dei tuoi sistemi.', made: '{{name}} è connessa.', name: 'Nome', nameHelp: 'Come la chiamano i flussi, per esempio negozio-it.', new: 'Nuova connessione', test: 'Prova', webhook: 'Indirizzo del webhook',
    works: 'Funziona: {{account}} ({{ms}} ms)',
  },
  connectors: {
    actions: 'Azioni', empty: 'Nessun connettore installato. Mettine uno nella cartella dei connettori.', filter: 'Cerca connettori', gives: 'Che cosa dà al flusso', noMatch: 'Nessun connettore corrisponde.', reaches: 'Può raggiungere anche', takes: 'Che cosa riceve',
    triggers: 'Inneschi', versions: 'Versioni', inUse: '(riceve le nuove chiamate)', signed: 'firmata da {{by}}', unsigned: 'non firmata', crashes_one: '{{count}} arresto anomalo', crashes_other: '{{count}} arresti anomali', choose: 'Usa {{version}}', restart: 'Riavvia', output: 'Le ultime righe che ha scritto',
    protections: 'Il suo processo è limitato da', missing: 'Non possibile su questo sistema: {{list}}', unprotected: 'nient’altro che i permessi dei file del sistema',
    kept: { network: 'nessuna rete propria', files: 'solo i suoi file', temporary: 'cartella temporanea propria', processes: 'non lascia processi dietro di sé', memory: 'limiti di memoria e file', privileges: 'nessun privilegio' },
  },
  contact: {
    export: 'Esporta', erase: 'Cancella', erased: 'Il contatto è cancellato.', eraseHelp: 'Termina le sue esecuzioni e toglie da ogni tabella ciò che parla di lui. Resta che qualcosa è accaduto. Non si torna indietro.', language: 'Lingua', time_zone: 'Fuso orario', consent: 'Consenso', notDeclared: 'Non dichiarato', blocked: 'Bloccato', tags: 'Etichette', fields: 'Campi propri', change: 'Cambia', saved: 'Il contatto è cambiato.', blockHelp: 'Non gli si invia nulla e ciò che dice non viene preso. Le sue esecuzioni finiscono.',
    about: 'Di chi tratta l’esecuzione', aboutHelp: 'Trovato o creato prima del primo passo. Basta il telefono o l’e-mail.', email: 'E-mail', kind: '({{kind}})', name: 'Nome',
    phone: 'Telefono', toRun: 'Esecuzione',
  },
  contacts: { search: 'Cerca per nome, telefono, e-mail o id', noMatch: 'Nessun contatto corrisponde.', empty: 'I contatti appaiono qui quando un flusso li incontra o quando scrivono.', since: 'Conosciuto' },
  do: {
    add: 'Aggiungi', cancel: 'Annulla', clear: 'Togli i filtri', close: 'Chiudi', copied: 'Copiato', copy: 'Copia', delete: 'Elimina', done: 'Fatto', more: 'Mostra altro', retry: 'Riprova', typeName: 'Scrivi {{name}} per confermare',
  },
  endpoint: {
    attempts: 'Tentativi', created: 'Dal', description: 'A cosa serve', empty: 'Nessun sistema esterno viene ancora avvisato.', event: 'Evento', events: 'Eventi', eventsHelp: 'run.* sono tutti gli eventi delle esecuzioni; * è tutto.', help: 'I sistemi esterni ricevono ciò che accade con webhook firmati, inviati finché non vengono accettati.', log: 'Consegne', new: 'Nuova destinazione', nothingSent: 'Non è stato ancora inviato nulla.',
    once: 'Copi ora il segreto di firma. Non può essere mostrato di nuovo.', payload: 'Ciò che è stato inviato', resend: 'Invia di nuovo', rotate: 'Crea un nuovo segreto', state: 'Stato', test: 'Invia una prova', tested: 'La prova è in viaggio.', turnOff: 'Disattiva', turnOn: 'Attiva', url: 'Indirizzo',
  },
  editor: {
    canvas: 'Tela', noFlow: 'Il testo non è ancora un flusso ({{error}}). Correggilo nella vista YAML.', noProblems: 'Nessun problema', problems_one: '{{count}} problema', problems_other: '{{count}} problemi', redo: 'Ripristina', test: 'Prova', undo: 'Annulla', view: 'Vista',
    yaml: 'YAML',
  },
  failed: { unreachable: 'Il gateway non risponde. Non è cambiato nulla.' },
  failureKind: {
    invalid: 'L’input è stato rifiutato; riprovare non serve.', unauthorized: 'La connessione va rinnovata.', rate_limited: 'Il sistema ha chiesto di rallentare.', retryable: 'Un guasto passeggero.', permanent: 'Riprovare non serve.', unknown: 'Non si sa se sia stato fatto.',
  },
  first: { look: 'Guarda il flusso: chiede a un cliente, aspetta un minuto e prende una di due strade.', pay: 'Apri il negozio e il telefono della demo e paga un ordine con il prodotto X.', see: 'Osserva qui l’esecuzione, rispondi al telefono o resta in silenzio.', title: 'Questa è una demo. Provala in tre passi:' },
  flows: {
    changed: 'Cambiato', create: 'Crea', empty: 'Un flusso parte da qualcosa che è successo e fa il resto.', filter: 'Cerca flussi', import: 'Oppure prendi un file (YAML o JSON)', name: 'Flusso', new: 'Nuovo flusso', noMatch: 'Nessun flusso corrisponde.', runs: 'Esecuzioni', showRuns: 'Mostra',
    slug: 'Nome', slugHelp: 'In indirizzi e file: minuscole, cifre e trattini.', state: 'Stato', takes: 'Riceve eventi', takesOf: '{{flow}} riceve eventi', title: 'Titolo',
  },
  form: { noOptions: 'Nessun suggerimento: {{why}}', json: 'Non è ancora JSON valido.', lines: 'Un valore per riga.', more_one: '{{count}} altro campo', more_other: 'altri {{count}} campi' },
  frame: { api: 'Riferimento API', breadcrumbs: 'Dove ti trovi', language: 'Lingua', menu: 'Menu', navigation: 'Principale', sandbox: 'Negozio e telefono della demo', signOut: 'Esci', skip: 'Vai al contenuto', theme: 'Tema' },
  kind: {
    contact: 'Cambia il contatto', emit: 'Avvisa altri', start_flow: 'Avvia un flusso', end_runs: 'Termina altre esecuzioni', customer_response: 'Risposta del cliente', delay: 'Attesa', do: 'Azione', fail: 'Termina con errore', if: 'Se', set: 'Imposta variabili', stop: 'Termina', switch: 'Scegli', unknown: 'Passo sconosciuto',
  },
  kindHelp: {
    contact: 'Cambia etichette, campi e consenso del cliente.', emit: 'Avvisa webhook in uscita e altri flussi.', start_flow: 'Avvia un altro flusso per lo stesso cliente.', end_runs: 'Termina il resto in corso per il cliente.', customer_response: 'Aspetta la risposta del cliente per un tempo limitato; poi prende una di due strade.', delay: 'Aspetta per un tempo.', fail: 'Termina qui come fallita, con un messaggio.', if: 'Prende una di due strade secondo una condizione.', set: 'Conserva valori per i passi successivi.', stop: 'Termina qui.',
    switch: 'Prende la prima di più strade la cui condizione vale.',
  },
  nav: { dashboard: 'Cruscotto', connections: 'Connessioni', connectors: 'Connettori', contacts: 'Contatti', flows: 'Flussi', runs: 'Esecuzioni', settings: 'Impostazioni', webhooks: 'Webhook' },
  attention: {
    title_one: '{{count}} cosa richiede attenzione', title_other: '{{count}} cose richiedono attenzione', nothing: 'Niente richiede attenzione: connessioni, connettori e webhook stanno bene.', connection: 'La connessione {{name}} non funziona', connector: 'Il connettore {{name}} non è attivo',
    endpoint: '{{url}} non accetta i suoi webhook', endpointOff: '{{url}} è disattivato', reconnect: 'Riconnetti', look: 'Guarda', quarantined: 'Si è bloccato troppe volte ed è stato messo da parte.', refused: 'Il suo file non è quello approvato.', backing_off: 'Si è bloccato e sta per essere riavviato.',
  },
  chart: { asTable: 'Mostra come tabella', asChart: 'Mostra come grafico', sum: '{{title}}: {{list}}', nothing: 'In questo periodo non è successo nulla.' },
  dashboard: {
    period: 'Periodo', day: '24 ore', week: '7 giorni', month: '30 giorni', hour: 'Ora', dayColumn: 'Giorno', begun: 'Esecuzioni iniziate', succeeded: 'Riuscite', ofEnded: 'di {{n}} terminate', replies: 'Domande con risposta', ofAsked: 'di {{n}} decise', howTheyAnswer: 'Come si risponde',
    now: 'In attesa adesso', nowRunning_one: '{{running}} in corso, {{count}} domanda aperta', nowRunning_other: '{{running}} in corso, {{count}} domande aperte', show: 'Mostra', points: '{{n}} punti', before: 'rispetto al periodo precedente', runs: 'Esecuzioni per esito', answers: 'Domande per risposta', ongoing: 'In corso',
    failing: 'Fallite nelle ultime 24 ore', nothingFailed: 'Nessuna esecuzione è fallita.', failures_one: '{{count}} esecuzione fallita', failures_other: '{{count}} esecuzioni fallite', last: 'L’ultima', lastOf: 'L’ultima esecuzione fallita di {{flow}}', all: 'Mostra tutto', due: 'Domande che scadono prima', nothingOpen: 'Nessuna domanda è aperta.',
    firstSteps: 'Primi passi', stepsDone: '{{n}} di {{of}} fatti',
    step: { connect: 'Connetti un sistema', draw: 'Disegna un flusso', publish: 'Pubblicalo', run: 'Guardalo all’opera' },
    stepHelp: { connect: 'Il tuo negozio, il tuo CRM, WhatsApp: con una connessione i flussi ascoltano e agiscono lì.', draw: 'Che cosa lo avvia, a chi chiede e che cosa succede con o senza risposta.', publish: 'Fino ad allora fuori non succede nulla: provalo su un orologio virtuale quanto vuoi.', run: 'Quando qualcosa avvia il flusso, la sua esecuzione appare qui con tutto ciò che vi accade.' },
    stepDo: { connect: 'Nuova connessione', draw: 'Nuovo flusso', publish: 'Ai flussi', run: 'Alle esecuzioni' },
  },
  decided: {
    opt_out: 'Il contatto non vuole altri messaggi.', reference: 'Cita la domanda o è uno dei suoi pulsanti.', open_wait: 'Qui c’era una domanda aperta al contatto.', collecting: 'È il seguito di una risposta già iniziata.', other_channel: 'Una domanda su un altro canale accetta risposte da ovunque.', trigger: 'Un flusso si avvia con questi messaggi.', api: 'Qualcuno ha risposto al posto del contatto.', none: 'Nessuna domanda era aperta e nessun flusso si avvia con esso.',
  },
  insight: {
    title: 'Come si risponde', question: 'Domanda', asked: 'Poste', rate: 'Tasso di risposta', half: 'La metà in', most: 'Il 95% in', limit: 'Limite', late: 'Troppo tardi', days_one: '{{count}} giorno', days_other: '{{count}} giorni', incomplete: 'Queste cifre sono delle {{n}} domande più recenti; ce n’erano altre.',
    empty: 'In questo periodo non è stato chiesto nulla. Un flusso chiede con un passo Customer Response.', runs: 'Esecuzioni', tryLimit: 'Che cosa avrebbe cambiato un altro limite', limitOf: 'Limite da provare per {{name}}', asItIs: 'Con il limite di {{limit}} com’è ora', with: 'Con {{limit}} invece di {{now}}', wouldAnswer: '{{share}} risponde in tempo ({{n}} di {{of}})',
    same: 'Come oggi.', moreAnswers_one: '{{count}} risposta in più in tempo.', moreAnswers_other: '{{count}} risposte in più in tempo.', fewerAnswers_one: '{{count}} risposta sarebbe arrivata tardi.', fewerAnswers_other: '{{count}} risposte sarebbero arrivate tardi.', longer: 'Il silenzio si conosce {{span}} più tardi.', sooner: 'Il silenzio si conosce {{span}} prima.', atLeast: 'Come minimo: si conoscono solo le risposte tardive arrivate.', noneDecided: 'Nessuna domanda è ancora terminata.',
    curve: 'Quando arrivano le risposte', ofThose: 'Di chi risponde', haveAnswered: 'ha risposto in', noAnswers: 'Nessuno ha ancora risposto.', limitIs: 'Limite {{limit}}', curveSays: 'La metà di chi risponde lo fa in {{half}}, il 95% in {{most}}. {{inTime}} di chi è stato interpellato risponde entro {{limit}}.',
  },
  journey: {
    title: 'Percorso', show: 'Mostra', all: 'Tutto', message: 'Messaggi', run: 'Esecuzioni', wait: 'Domande', empty: 'Non è ancora successo nulla.', waiting: 'Domande aperte', wrote: 'Ha scritto', sent: 'Gli è stato inviato', began: 'iniziata', question: 'Domanda', after: 'dopo {{span}}', deadline: 'Scadenza {{at}}.', lateCame: 'Una risposta è arrivata troppo tardi.',
    delayed: 'Ci è arrivato {{span}} dopo essere stato detto.', copies_one: 'È arrivata {{count}} altra copia.', copies_other: 'Sono arrivate altre {{count}} copie.',
  },
  palette: {
    label: 'Cerca e vai', short: 'Cerca', placeholder: 'Una pagina, un flusso, un contatto o l’id di un’esecuzione', results: 'Risultati', none: 'Niente corrisponde a «{{typed}}».', found_one: '{{count}} risultato', found_other: '{{count}} risultati', move: 'scegli', open: 'vai', byId: 'Per id', pages: 'Pagine', more: 'Altro', run: 'Esecuzione', contact: 'Contatto', request: 'Richiesta webhook',
    runsOf: 'Esecuzioni di {{flow}}', answersOf: 'Come si risponde a {{flow}}', toLight: 'Tema chiaro', toDark: 'Tema scuro', failedRuns: 'Esecuzioni fallite', waitingRuns: 'Esecuzioni in attesa',
    page: { dashboard: 'Cruscotto', flows: 'Flussi', runs: 'Esecuzioni', insight: 'Come si risponde', contacts: 'Contatti', connections: 'Connessioni', connectors: 'Connettori', webhooks: 'Webhook in uscita', requests: 'Webhook in entrata', settings: 'Impostazioni' },
  },
  requests: {
    in: 'Entrata', out: 'Uscita', help: 'Ogni richiesta inviata da un negozio, un CRM o un fornitore, salvata prima di rispondere. Ciò che è stato rifiutato non si conserva: il mittente non ha provato chi è.', addresses: 'Indirizzi delle connessioni', verdict: 'Esito', anyVerdict: 'Qualsiasi esito', connection: 'Connessione', anyConnection: 'Qualsiasi connessione', to: 'A', receivedAt: 'Ricevuta', size: 'Dimensione',
    empty: 'Le richieste appaiono qui quando un sistema invia il suo primo webhook.', noMatch: 'Nessuna richiesta corrisponde a questi filtri.', one: 'Richiesta webhook', again: 'Leggi di nuovo', againHelp: 'Ciò che ha già portato è noto e non accade due volte.', readingAgain: 'La richiesta viene letta di nuovo.', failedHelp: 'Non ne è venuto nulla. Quando la causa è risolta, falla leggere di nuovo.',
    cameOfIt: 'Che cosa ne è venuto', notYet: 'È salvata e sta per essere letta.', nothingNew: 'Niente di nuovo: era una copia o non c’era nulla da fare.', query: 'Parametri', headers: 'Intestazioni', redacted: 'Authorization, cookie e token non vengono salvati.', body: 'Corpo', noBody: 'Non aveva corpo.',
  },
  notFound: { flows: 'Ai flussi', text: 'A questo indirizzo non c’è nulla, oppure appartiene a un altro spazio di lavoro.', title: 'Non trovato' },
  onUnknown: { fail: 'Termina con errore', resend: 'Rifallo', continue: 'Prosegui' },
  panel: { down: 'Sposta giù', label: 'Configura', remove: 'Togli il passo', up: 'Sposta su' },
  people: {
    changed: '{{name}} è cambiato.', disable: 'Disattiva', enable: 'Attiva', help: 'Chi può entrare e che cosa può fare.', invite: 'Invita', inviteHelp: 'Ricevi un link da consegnare. Vale una volta, per 72 ore.', linkHelp: 'Consegna questo link alla persona per una via fidata. Vale una volta, per 72 ore, e non viene più mostrato.',
    linkTitle: 'Link per {{name}}', makeRole: 'Cambia il ruolo in', newLink: 'Link per una nuova password',
  },
  person: { email: 'E-mail', name: 'Nome', newPassword: 'Nuova password', password: 'Password', passwordRule: 'Almeno 12 caratteri; alcune parole vanno bene.', role: 'Ruolo', showPassword: 'Mostra la password' },
  picker: { filter: 'Cerca dati', help: 'Un clic mette il valore nell’ultimo campo in cui eri.', none: 'Prima di questo passo non ci sono tali dati.', title: 'Inserisci dati' },
  publish: {
    diff: 'Che cosa cambia rispetto alla versione {{n}}, che è attiva:', do: 'Pubblica ora', done: 'La versione {{n}} è attiva.', first: 'Non c’è ancora nulla di attivo. Questo diventa attivo:', open: 'Pubblica', same: 'La versione attiva è già la stessa.', title: 'Pubblica',
    waiting_one: '{{count}} esecuzione aspetta su una versione precedente. Ci resta.', waiting_other: '{{count}} esecuzioni aspettano su versioni precedenti. Ci restano.',
  },
  role: { viewer: 'Lettore', operator: 'Operatore', builder: 'Costruttore', admin: 'Amministratore', owner: 'Proprietario' },
  roleHelp: {
    viewer: 'Vede tutto tranne i segreti.', operator: 'Inoltre avvia e annulla esecuzioni e risponde alle attese.', builder: 'Inoltre cambia flussi e connessioni.', admin: 'Inoltre gestisce persone e token.', owner: 'Inoltre nomina altri proprietari.',
  },
  run: {
    retry: 'Ritenta il passo fallito', retryHelp: 'La chiamata di {{step}} viene rifatta con lo stesso input. I passi già fatti restano come sono; poi il flusso prosegue.', retried: 'L’esecuzione prosegue.', retryUnknown: 'Non si sa se la chiamata sia stata fatta. Se lo è stata, ora potrebbe avvenire due volte.',
    actions: 'Azioni', attempts_one: '{{count}} tentativo', attempts_other: '{{count}} tentativi', cancel: 'Annulla l’esecuzione', cancelHelp: 'Finisce qui e non fa altri passi. I messaggi inviati restano inviati.', canvas: 'Sulla tela', contact: 'Contatto', event: 'Evento', id: 'Id', input: 'Input',
    noVersion: 'La versione che questa esecuzione segue non è tra le ultime 50.', openFlow: 'Apri il flusso', output: 'Output', reason: 'Motivo', startedBy: 'Avviata da', steps: 'Passi', timeline: 'Cronologia', took: 'Durata', version: 'Versione',
  },
  runs: {
    anyFlow: 'Qualsiasi flusso', anyStatus: 'Qualsiasi stato', asking: 'aspetta risposta in', backingOff: 'riprova in', empty: 'Le esecuzioni appaiono qui quando qualcosa avvia un flusso.', ended: 'Finita', flow: 'Flusso', live: 'aggiornato dal vivo', noMatch: 'Nessuna esecuzione corrisponde a questi filtri.',
    sleeping: 'in pausa in', started: 'Avviata', status: 'Stato', where: 'Ora',
  },
  saved: { saved: 'Salvato {{at}}', saving: 'Salvataggio', unsaved: 'Non ancora salvato', failed: 'Non salvato', conflict: 'Cambiato altrove' },
  scopeHelp: { read: 'Vedere tutto tranne i segreti.', operate: 'Inoltre avviare e annullare esecuzioni, rispondere alle attese.', write: 'Inoltre cambiare flussi e connessioni.', admin: 'Inoltre gestire persone e token.' },
  setUp: { do: 'Crea ed entra', title: 'Crea il primo proprietario', token: 'Token di installazione', tokenHelp: 'È stato mostrato all’avvio del gateway.' },
  settings: { calendars: 'Calendari', needBuilder: 'Serve il ruolo di creatore, amministratore o proprietario.', account: 'Il mio account', needAdmin: 'Serve il ruolo di amministratore o proprietario.', people: 'Persone', tokens: 'Token API' },
  several: { newest: 'La prende la più recente', oldest: 'La prende la più vecchia', all: 'La prendono tutte' },
  signIn: { demo: 'Entra nella demo', do: 'Entra', forgot: 'Password dimenticata? Un amministratore può darti un link, e anche «cordboard user link» sul server.', nobody: 'Nessuno può ancora entrare.', title: 'Entra', toSetUp: 'Installa' },
  state: {
    blocked: 'Bloccato', not_declared: 'Consenso non dichiarato', subscribed: 'Iscritto', unsubscribed: 'Disiscritto',
    taken: 'Accettata', unreadable: 'Illeggibile', collecting: 'Sta rispondendo', active: 'Attivo', backing_off: 'In pausa dopo errori', bad: 'Richiede attenzione', cancelled: 'Annullata', delivered: 'Consegnato', disabled: 'Disattivato', draft: 'Bozza', duplicate: 'Duplicato', failed: 'Fallita', failing: 'Fallisce', good: 'Sana', invalid: 'Non valida', idle: 'A riposo', invited: 'Invitata', late: 'Troppo tardi',
    live: 'Attivo', matched: 'Risposta', no_match: 'Nessuna domanda aperta', no_response: 'Nessuna risposta', off: 'Spento', open: 'Aperta', opted_out: 'Disiscritto', pending: 'In sospeso', quarantined: 'In quarantena', queued: 'In coda', read: 'Letto', ready: 'Pronto', received: 'Ricevuto', refused: 'Rifiutato', replied: 'Risposta',
    revoked: 'Revocato', running: 'In corso', sending: 'Invio', sent: 'Inviato', started: 'Ha avviato un flusso', starting: 'Avvio', stopped: 'Fermo', succeeded: 'Riuscita', undelivered: 'Non consegnato', unknown: 'Non verificata', waiting: 'In attesa',
  },
  step: {
    counted: 'Conta solo le ore di', aroundTheClock: '24 ore su 24', delay_for: 'Per', delay_until: 'Fino a', delay_open: 'Fino all’apertura', add_tags: 'Aggiungi etichette', remove_tags: 'Togli etichette', stays: 'Resta com’è', yes: 'Sì', no: 'No', emitEvent: 'Nome dell’evento', newValue: 'Nuovo valore', startFlow: 'Flusso', startWait: 'Aspetta che sia finito', startWaitHelp: 'I passi seguenti leggono allora il suo stato.', startData: 'Ciò che legge come event:', endRunsHelp: 'Termina esecuzioni dello stesso cliente e le loro attese. Questa continua.', endAll: 'Di tutti i flussi', endSome: 'Di alcuni flussi', ifItFails: 'Se fallisce', attempts: 'Tentativi al massimo', attemptsHelp: 'Per guasti passeggeri: una risposta 5xx, una connessione interrotta. Normalmente 5.', backoff: 'Prima pausa, come 2s', timeout: 'Limite di tempo di un tentativo, come 20s', addOnError: 'Aggiungi una strada per gli errori',
    action: 'Azione', addCase: 'Aggiungi un caso', addUndelivered: 'Aggiungi una strada per i messaggi non consegnati', answers: 'Risponde al messaggio di', answersHelp: 'Vuoto: l’ultimo messaggio prima di questo passo.', case: 'Caso {{n}}: quando', caseIs: 'Caso {{n}}: è', chooseConnection: 'Scegli una connessione',
    connection: 'Connessione', expression: 'Un’espressione, per esempio event.total > 100.', failMessage: 'Messaggio', id: 'Nome del passo', idHelp: 'I passi successivi leggono il suo output con questo nome.', if: 'Condizione', newVariable: 'Nuova variabile', noConnection: 'Non c’è ancora una connessione a {{connector}}.',
    nothingAsked: 'Nessun passo precedente invia un messaggio, quindi non c’è nulla a cui rispondere.', onUnknown: 'Se non si sa se sia stato fatto', onUnknownHelp: 'Dopo un arresto o una connessione persa durante la chiamata.', removeCase: 'Togli il caso {{n}}', removeVariable: 'Togli {{name}}',
    responseHelp: 'Aspetta finché il cliente risponde. In tempo, il flusso prende «Predefinito»; altrimenti «Nessuna risposta».', several: 'Se al cliente sono aperte più domande', severalHelp: 'Quale prende un messaggio che non ne cita nessuna.', spanHelp: 'Una durata come 2h o 1h30m, o un’espressione tra {{ }}.',
    stopReason: 'Motivo', switchHelp: 'Si prende il primo caso che vale; se nessuno, «Altrimenti».', unit: 'Unità', within: 'Aspetta al massimo', yamlOnly: 'Questo passo si può cambiare nella vista YAML.',
  },
  terms: {
    label: 'Altro sull’attesa', from: 'Il tempo comincia', from_sent: 'Quando la domanda è inviata', from_delivered: 'Quando è stata consegnata', from_read: 'Quando è stata letta', from_step: 'Quando l’esecuzione arriva a questo passo', deliverWithin: 'Aspettarlo al massimo', quiet: 'Raccogli i messaggi finché il cliente tace per', quietHelp: 'Più messaggi brevi sono allora una risposta. Vuoto: il primo messaggio è la risposta.', max: 'Ma al massimo per',
    late: 'Un messaggio fuori tempo', late_attach: 'Resta con questa domanda', late_ignore: 'È per altri flussi', late_start_flow: 'Resta, e avvia un flusso', channels: 'Una risposta conta', channels_same: 'Sulla connessione che ha chiesto', channels_any: 'Su qualsiasi connessione', on_takeover: 'Se intanto una persona scrive al cliente', on_takeover_continue: 'Continua ad aspettare', on_takeover_cancel: 'Termina l’esecuzione',
  },
  theme: { auto: 'Come il sistema', light: 'Chiaro', dark: 'Scuro' },
  time: { left: 'restano {{span}}', over: 'scaduto' },
  tokens: {
    days_one: '{{count}} giorno', days_other: '{{count}} giorni', empty: 'I programmi usano l’API con un token.', expires: 'Finisce', help: 'I programmi usano l’API con un token.', hint: 'Token', never: 'Mai', new: 'Nuovo token', once: 'Copia il token ora. Non viene salvato e non può essere mostrato di nuovo.', revoke: 'Revoca', revoked: 'Il token è revocato.',
    scope: 'Che cosa permette', used: 'Ultimo uso', where: 'Dove si usa',
  },
  trigger: { message: 'Un cliente scrive', schedule: 'Secondo l’orologio', cron: 'Pianificazione', cronHelp: 'Minuto, ora, giorno, mese e giorno della settimana: 0 9 * * mon-fri sono le nove nei giorni feriali.', anyConnection: 'Qualsiasi', texts: 'Esattamente uno di questi testi', payloads: 'Uno di questi pulsanti (payload)', messageHelp: 'Senza nessuno di questi: ogni messaggio.', during: 'Solo mentre è aperto', outside: 'Solo mentre è chiuso', rank: 'Se al cliente è aperta una domanda', rank_normal: 'La domanda prende prima il messaggio', rank_interrupts: 'Questo flusso lo prende prima', rank_fallback: 'Questo flusso prende solo ciò che nessun altro prende', contact_tag_added: 'Un’etichetta è stata aggiunta a un contatto', contact_tag_removed: 'Un’etichetta è stata tolta a un contatto', contact_field_changed: 'Un campo di un contatto è cambiato', contact_consent_changed: 'Un contatto si è iscritto o disiscritto', contact_blocked: 'Un contatto è stato bloccato o sbloccato', only_tag: 'Solo questa etichetta', only_field: 'Solo questo campo', only_after: 'Solo subscribed o unsubscribed', onlyHelp: 'Vuoto: tutti.', run_failed: 'Un’esecuzione è fallita', wait_late_reply: 'Una risposta è arrivata tardi', custom: 'Un altro flusso avvisa', customNamed: 'Un flusso avvisa {{name}}', customName: 'Nome dell’evento', customHelp: 'Come lo nomina il passo «Avvisa altri».', perContact: 'Se il cliente è già in un’esecuzione di questo flusso', per_allow: 'Avviane un’altra', per_queue: 'Avvia quando è finita', per_replace: 'Termina quella, avvia questa', per_reject: 'Non avviare', label: 'Innesco', manual: 'Avviato a mano o via API', none: 'Ancora nessun innesco', on: 'Che cosa avvia il flusso', own: 'Integrato', webhook: 'Un webhook' },
  unit: { m: 'minuti', h: 'ore', d: 'giorni' },
  versions: { n: 'Versione {{n}}', none: 'Non è stato ancora pubblicato nulla.', restore: 'Prendi come bozza', title: 'Versioni' },
  wait: { answer: 'Rispondi', answerFor: 'Rispondi al posto del cliente', answered: 'La risposta è presa; l’esecuzione prosegue.', closed: 'Chiusa', deadline: 'Scadenza', opened: 'Aperta', state: 'Stato', then: 'Senza risposta entro allora, il flusso prende «Nessuna risposta».', title: 'In attesa della risposta del cliente' },
  webhook: { address: 'Indirizzo', addressHelp: 'Qualsiasi sistema può inviare qui. Resta lo stesso finché il flusso esiste.', afterPublish: 'Il flusso riceve il suo indirizzo alla pubblicazione.', auth: 'Come il mittente dimostra chi è', deliveryKey: 'Intestazione uguale in ogni copia', deliveryKeyHelp: 'Così le copie avviano il flusso una volta sola. Vuoto: conta ogni richiesta.', encoding: 'Codifica della firma', header: 'Intestazione', headerHelp: 'Quella che porta la firma o il token.', needsSecret: 'Non si accetta nulla finché non c’è un segreto.', newSecret: 'Crea un nuovo segreto', once: 'Copia il segreto ora. Non può essere mostrato di nuovo. Quello di prima vale ancora un giorno.', open: 'Chi conosce l’indirizzo può avviare il flusso.', prefix: 'Testo prima della firma', query: 'O un parametro dell’indirizzo' },
  webhookAuth: { standard_webhooks: 'Standard Webhooks', hmac_sha256: 'Una firma (HMAC-SHA256)', token: 'Un token', none: 'Nulla' },
  welcome: { do: 'Imposta la password ed entra', noLink: 'A questo indirizzo manca il link. Aprilo di nuovo come ti è stato dato.', title: 'Imposta la tua password' },
}
