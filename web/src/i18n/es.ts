import type { Messages } from './en'

export const es: Messages = {
  accept: { when: 'Las que cumplen una condición', condition: 'Condición', conditionHelp: 'Una expresión sobre reply y todo lo que la ejecución sabe, como reply.text.size() > 3.', say: 'Decir entre medias', sayHelp: 'Se envía como texto simple a quien recibió la pregunta.', label: 'Qué respuestas valen', any: 'Todas', choices: 'Opciones', kinds: 'Tipos de mensaje', match: 'Un patrón', retries: 'Cuántas veces se puede responder de nuevo', retriesHelp: 'Después, el flujo toma «No válida» si tiene ese camino; si no, espera al plazo.', addInvalid: 'Añadir un camino para respuestas no válidas', choicesHelp: 'Una por línea, con las palabras o los valores de botón que la significan: yes: yes, sí, 1' },
  account: { change: 'Cambiar contraseña', changed: 'Tu contraseña ha cambiado. Las demás sesiones han terminado.', old: 'Tu contraseña actual' },
  add: { filter: 'Buscar pasos', none: 'Ningún paso coincide.', own: 'Flujo', title: 'Añadir un paso' },
  bench: {
    deliver: 'Entregar', read: 'Leer', undeliver: 'No entregar', message: 'El último mensaje', again: 'Repetir', answer: 'Responder como cliente', answerAt: 'Responder tras {{span}}', clock: '{{span}} de {{of}}', event: 'Lo que inicia la ejecución', lastEvent: 'Lo que inicia la ejecución (el último evento real)',
    help: 'Ejecuta el flujo con un reloj virtual. No se envía nada.', label: 'Probar', nothingSaid: 'Aún no se ha dicho nada.', path: 'Pasos hasta ahora', phone: 'El teléfono del cliente', play: 'Ejecutar', send: 'Enviar la respuesta', silent: 'No responder',
    template: 'Plantilla {{name}}', time: 'Momento de la ejecución',
  },
  branch: {
    default: 'Por defecto', no_response: 'Sin respuesta', invalid: 'No válida', undelivered: 'No entregado', then: 'Sí', else: 'No', otherwise: 'En otro caso', on_error: 'Si falla',
  },
  calendars: { help: 'Horario laboral con el que los flujos cuentan el tiempo de respuesta y las esperas.', new: 'Nuevo calendario', empty: 'Aún no hay calendario. Sin él, el tiempo se cuenta las 24 horas.', name: 'Nombre', zone: 'Zona horaria', zoneHelp: 'Vacío: la del cliente si se conoce; si no, la del espacio de trabajo.', theirs: 'La del cliente', hours: 'Abierto', change: 'Cambiar', save: 'Guardar', saved: 'El calendario está guardado.', deleted: 'El calendario está eliminado.', closed: 'Cerrado', holidays: 'Cerrado el', holidaysHelp: 'Uno por línea: 2026-12-25, o 12-25 para cada año.', mon: 'Lunes', tue: 'Martes', wed: 'Miércoles', thu: 'Jueves', fri: 'Viernes', sat: 'Sábado', sun: 'Domingo' },
  canvas: {
    add: 'Añadir un paso aquí', addTo: 'Añadir un paso a «{{branch}}»', end: 'Fin', label: 'Flujo', map: 'Vista general del flujo', node: 'Paso {{n}} de {{of}}, {{title}}', problems_one: '{{count}} problema', problems_other: '{{count}} problemas',
    within: 'en {{within}}', zoom: 'Zoom',
  },
  claimedBy: { reply: 'por la respuesta', timeout: 'por el plazo', status: 'por el proveedor', cancel: 'por cancelación', api: 'por una respuesta en lugar del contacto' },
  conflict: { mine: 'Conservar lo mío', text: 'Otra persona ha cambiado este flujo. Compara y elige; hasta entonces no se pierde nada.', theirs: 'Tomar lo suyo' },
  connections: {
    checked: 'Comprobada', connector: 'Conector', create: 'Conectar', deleteHelp: 'Los flujos que la usan ya no podrán llamar a este sistema. Las credenciales guardadas se eliminan.', deleteTitle: 'Eliminar {{name}}', deleted: '{{name}} se ha eliminado.',
    empty: 'Una conexión permite a los flujos actuar en uno de tus sistemas.', made: '{{name}} está conectada.', name: 'Nombre', nameHelp: 'Como la llaman los flujos, por ejemplo tienda-es.', new: 'Nueva conexión', test: 'Probar', webhook: 'Dirección del webhook',
    works: 'Funciona: {{account}} ({{ms}} ms)',
  },
  connectors: {
    actions: 'Acciones', empty: 'No hay conectores instalados. Pon uno en la carpeta de conectores.', filter: 'Buscar conectores', gives: 'Lo que da al flujo', noMatch: 'Ningún conector coincide.', reaches: 'También puede acceder a', takes: 'Lo que recibe',
    triggers: 'Disparadores', versions: 'Versiones', inUse: '(recibe las llamadas nuevas)', signed: 'firmada por {{by}}', unsigned: 'sin firma', crashes_one: '{{count}} caída', crashes_other: '{{count}} caídas', choose: 'Usar {{version}}', restart: 'Iniciar de nuevo', output: 'Lo último que ha escrito',
    protections: 'Su proceso está limitado por', missing: 'No es posible en este sistema: {{list}}', unprotected: 'nada más que los permisos de archivos del sistema',
    kept: { network: 'sin red propia', files: 'solo sus archivos', temporary: 'carpeta temporal propia', processes: 'no deja procesos atrás', memory: 'límites de memoria y archivos', privileges: 'sin privilegios' },
  },
  contact: {
    export: 'Exportar', erase: 'Borrar', erased: 'El contacto está borrado.', eraseHelp: 'Termina sus ejecuciones y quita de todas las tablas lo que habla de él. Queda que algo ocurrió. No hay vuelta atrás.', language: 'Idioma', time_zone: 'Zona horaria', consent: 'Consentimiento', notDeclared: 'Sin declarar', blocked: 'Bloqueado', tags: 'Etiquetas', fields: 'Campos propios', change: 'Cambiar', saved: 'El contacto se ha cambiado.', blockHelp: 'No se le envía nada y no se toma lo que dice. Sus ejecuciones terminan.',
    about: 'De quién trata la ejecución', aboutHelp: 'Se busca o se crea antes del primer paso. Basta el teléfono o el correo.', email: 'Correo', kind: '({{kind}})', name: 'Nombre',
    phone: 'Teléfono', toRun: 'Ejecución',
  },
  contacts: { search: 'Buscar por nombre, teléfono, correo o id', noMatch: 'Ningún contacto coincide.', empty: 'Los contactos aparecen aquí cuando un flujo los encuentra o cuando escriben.', since: 'Conocido' },
  do: {
    add: 'Añadir', cancel: 'Cancelar', clear: 'Quitar filtros', close: 'Cerrar', copied: 'Copiado', copy: 'Copiar', delete: 'Eliminar', done: 'Hecho', more: 'Mostrar más', retry: 'Reintentar', typeName: 'Escribe {{name}} para confirmar',
  },
  endpoint: {
    attempts: 'Intentos', created: 'Desde', description: 'Para qué sirve', empty: 'Todavía no se avisa a ningún sistema externo.', event: 'Evento', events: 'Eventos', eventsHelp: 'run.* son todos los eventos de ejecuciones; * es todo.', help: 'Los sistemas externos reciben lo que ocurre en webhooks firmados, que se envían hasta que los aceptan.', log: 'Entregas', new: 'Nuevo destino', nothingSent: 'Todavía no se ha enviado nada.',
    once: 'Copie ahora el secreto de firma. No se puede mostrar otra vez.', payload: 'Lo que se envió', resend: 'Enviar otra vez', rotate: 'Crear otro secreto', state: 'Estado', test: 'Enviar una prueba', tested: 'La prueba está en camino.', turnOff: 'Desactivar', turnOn: 'Activar', url: 'Dirección',
  },
  editor: {
    canvas: 'Lienzo', noFlow: 'El texto aún no es un flujo ({{error}}). Corrígelo en la vista YAML.', noProblems: 'Sin problemas', problems_one: '{{count}} problema', problems_other: '{{count}} problemas', redo: 'Rehacer', test: 'Probar', undo: 'Deshacer', view: 'Vista',
    yaml: 'YAML',
  },
  failed: { unreachable: 'La pasarela no responde. No se ha cambiado nada.' },
  failureKind: {
    invalid: 'La entrada fue rechazada; reintentar no ayuda.', unauthorized: 'Hay que renovar la conexión.', rate_limited: 'El sistema pidió ir más despacio.', retryable: 'Un fallo pasajero.', permanent: 'Reintentar no ayuda.', unknown: 'No se sabe si se hizo.',
  },
  first: { look: 'Mira el flujo: pregunta a un cliente, espera un minuto y toma uno de dos caminos.', pay: 'Abre la tienda y el teléfono de la demo y paga un pedido con el producto X.', see: 'Observa aquí la ejecución, responde en el teléfono o no respondas.', title: 'Esto es una demo. Pruébala en tres pasos:' },
  flows: {
    changed: 'Cambiado', create: 'Crear', empty: 'Un flujo empieza con algo que ha pasado y hace el resto.', filter: 'Buscar flujos', import: 'O toma un archivo (YAML o JSON)', name: 'Flujo', new: 'Nuevo flujo', noMatch: 'Ningún flujo coincide.', runs: 'Ejecuciones', showRuns: 'Ver',
    slug: 'Nombre', slugHelp: 'En direcciones y archivos: minúsculas, cifras y guiones.', state: 'Estado', takes: 'Recibe eventos', takesOf: '{{flow}} recibe eventos', title: 'Título',
  },
  form: { noOptions: 'Sin sugerencias: {{why}}', json: 'Esto aún no es JSON válido.', lines: 'Un valor por línea.', more_one: '{{count}} campo más', more_other: '{{count}} campos más' },
  frame: { api: 'Referencia de la API', breadcrumbs: 'Dónde estás', language: 'Idioma', menu: 'Menú', navigation: 'Principal', sandbox: 'Tienda y teléfono de la demo', signOut: 'Cerrar sesión', skip: 'Ir al contenido', theme: 'Tema' },
  kind: {
    contact: 'Cambiar el contacto', emit: 'Avisar a otros', start_flow: 'Iniciar un flujo', end_runs: 'Terminar otras ejecuciones', customer_response: 'Respuesta del cliente', delay: 'Espera', do: 'Acción', fail: 'Terminar con fallo', if: 'Si', set: 'Fijar variables', stop: 'Terminar', switch: 'Elegir', unknown: 'Paso desconocido',
  },
  kindHelp: {
    contact: 'Cambia etiquetas, campos y consentimiento del cliente.', emit: 'Avisa a webhooks salientes y a otros flujos.', start_flow: 'Inicia otro flujo para el mismo cliente.', end_runs: 'Termina lo demás que está en curso para el cliente.', customer_response: 'Espera la respuesta del cliente un tiempo limitado; después toma uno de dos caminos.', delay: 'Espera un tiempo.', fail: 'Termina aquí como fallida, con un mensaje.', if: 'Toma uno de dos caminos según una condición.', set: 'Guarda valores para pasos posteriores.', stop: 'Termina aquí.',
    switch: 'Toma el primero de varios caminos cuya condición se cumple.',
  },
  nav: { dashboard: 'Panel', connections: 'Conexiones', connectors: 'Conectores', contacts: 'Contactos', flows: 'Flujos', runs: 'Ejecuciones', settings: 'Ajustes', webhooks: 'Webhooks' },
  attention: {
    title_one: '{{count}} cosa necesita atención', title_other: '{{count}} cosas necesitan atención', nothing: 'Nada necesita atención: conexiones, conectores y webhooks están bien.', connection: 'La conexión {{name}} no funciona', connector: 'El conector {{name}} no está en marcha',
    endpoint: '{{url}} no acepta sus webhooks', endpointOff: '{{url}} está desactivado', reconnect: 'Reconectar', look: 'Ver', quarantined: 'Ha fallado demasiadas veces y se ha apartado.', refused: 'Su archivo no es el que se aprobó.', backing_off: 'Ha fallado y se va a iniciar de nuevo.',
  },
  chart: { asTable: 'Ver como tabla', asChart: 'Ver como gráfico', sum: '{{title}}: {{list}}', nothing: 'No pasó nada en este tiempo.' },
  dashboard: {
    period: 'Tiempo', day: '24 horas', week: '7 días', month: '30 días', hour: 'Hora', dayColumn: 'Día', begun: 'Ejecuciones iniciadas', succeeded: 'Con éxito', ofEnded: 'de {{n}} terminadas', replies: 'Preguntas respondidas', ofAsked: 'de {{n}} decididas', howTheyAnswer: 'Cómo responde la gente',
    now: 'En espera ahora', nowRunning_one: '{{running}} en marcha, {{count}} pregunta abierta', nowRunning_other: '{{running}} en marcha, {{count}} preguntas abiertas', show: 'Ver', points: '{{n}} puntos', before: 'en comparación con el tiempo anterior', runs: 'Ejecuciones por resultado', answers: 'Preguntas por respuesta', ongoing: 'En curso',
    failing: 'Fallos de las últimas 24 horas', nothingFailed: 'No ha fallado ninguna ejecución.', failures_one: '{{count}} ejecución fallida', failures_other: '{{count}} ejecuciones fallidas', last: 'La última', lastOf: 'La última ejecución fallida de {{flow}}', all: 'Ver todo', due: 'Preguntas que terminan antes', nothingOpen: 'No hay preguntas abiertas.',
    firstSteps: 'Primeros pasos', stepsDone: '{{n}} de {{of}} hechos',
    step: { connect: 'Conecta un sistema', draw: 'Dibuja un flujo', publish: 'Publícalo', run: 'Míralo en marcha' },
    stepHelp: { connect: 'Tu tienda, tu CRM, WhatsApp: con una conexión los flujos escuchan y actúan ahí.', draw: 'Qué lo inicia, a quién pregunta y qué pasa con respuesta o sin ella.', publish: 'Hasta entonces no pasa nada fuera: pruébalo con un reloj virtual cuantas veces quieras.', run: 'Cuando algo inicie el flujo, su ejecución aparece aquí con todo lo que pasa en ella.' },
    stepDo: { connect: 'Nueva conexión', draw: 'Nuevo flujo', publish: 'A los flujos', run: 'A las ejecuciones' },
  },
  decided: {
    opt_out: 'El contacto no quiere más mensajes.', reference: 'Cita la pregunta o es uno de sus botones.', open_wait: 'Había aquí una pregunta abierta al contacto.', collecting: 'Es más de una respuesta que había empezado.', other_channel: 'Una pregunta en otro canal acepta respuestas de cualquiera.', trigger: 'Un flujo se inicia con estos mensajes.', api: 'Alguien respondió por el contacto.', none: 'No había pregunta abierta y ningún flujo se inicia con él.',
  },
  insight: {
    title: 'Cómo responde la gente', question: 'Pregunta', asked: 'Hechas', rate: 'Tasa de respuesta', half: 'La mitad en', most: 'El 95 % en', limit: 'Límite', late: 'Demasiado tarde', days_one: '{{count}} día', days_other: '{{count}} días', incomplete: 'Estas cifras son de las {{n}} preguntas más recientes; hubo más.',
    empty: 'No se preguntó nada a nadie en este tiempo. Un flujo pregunta con un paso Customer Response.', runs: 'Ejecuciones', tryLimit: 'Qué habría cambiado con otro límite', limitOf: 'Límite que probar para {{name}}', asItIs: 'Con el límite de {{limit}}, como ahora', with: 'Con {{limit}} en vez de {{now}}', wouldAnswer: '{{share}} responde a tiempo ({{n}} de {{of}})',
    same: 'Igual que hoy.', moreAnswers_one: '{{count}} respuesta más a tiempo.', moreAnswers_other: '{{count}} respuestas más a tiempo.', fewerAnswers_one: '{{count}} respuesta habría llegado tarde.', fewerAnswers_other: '{{count}} respuestas habrían llegado tarde.', longer: 'El silencio se sabe {{span}} más tarde.', sooner: 'El silencio se sabe {{span}} antes.', atLeast: 'Como mínimo: solo se conocen las respuestas tardías que llegaron.', noneDecided: 'Aún no ha terminado ninguna pregunta.',
    curve: 'Cuándo llegan las respuestas', ofThose: 'De quienes responden', haveAnswered: 'han respondido en', noAnswers: 'Aún no ha respondido nadie.', limitIs: 'Límite {{limit}}', curveSays: 'La mitad de quienes responden lo hace en {{half}}, el 95 % en {{most}}. {{inTime}} de los preguntados responde en {{limit}}.',
  },
  journey: {
    title: 'Recorrido', show: 'Mostrar', all: 'Todo', message: 'Mensajes', run: 'Ejecuciones', wait: 'Preguntas', empty: 'Aún no ha pasado nada.', waiting: 'Preguntas abiertas', wrote: 'Escribió', sent: 'Se le envió', began: 'empezó', question: 'Pregunta', after: 'tras {{span}}', deadline: 'Plazo {{at}}.', lateCame: 'Llegó una respuesta demasiado tarde.',
    delayed: 'Nos llegó {{span}} después de decirse.', copies_one: 'Llegó {{count}} copia más.', copies_other: 'Llegaron {{count}} copias más.',
  },
  palette: {
    label: 'Buscar e ir', short: 'Buscar', placeholder: 'Una página, un flujo, un contacto o el id de una ejecución', results: 'Resultados', none: 'Nada coincide con «{{typed}}».', found_one: '{{count}} resultado', found_other: '{{count}} resultados', move: 'elegir', open: 'ir', byId: 'Por id', pages: 'Páginas', more: 'Más', run: 'Ejecución', contact: 'Contacto', request: 'Petición de webhook',
    runsOf: 'Ejecuciones de {{flow}}', answersOf: 'Cómo responde la gente a {{flow}}', toLight: 'Tema claro', toDark: 'Tema oscuro', failedRuns: 'Ejecuciones fallidas', waitingRuns: 'Ejecuciones en espera',
    page: { dashboard: 'Panel', flows: 'Flujos', runs: 'Ejecuciones', insight: 'Cómo responde la gente', contacts: 'Contactos', connections: 'Conexiones', connectors: 'Conectores', webhooks: 'Webhooks de salida', requests: 'Webhooks de entrada', settings: 'Ajustes' },
  },
  requests: {
    in: 'Entrada', out: 'Salida', help: 'Cada petición que envió una tienda, un CRM o un proveedor, guardada antes de responderla. Lo rechazado no se guarda: su remitente no probó quién es.', addresses: 'Direcciones de las conexiones', verdict: 'Resultado', anyVerdict: 'Cualquier resultado', connection: 'Conexión', anyConnection: 'Cualquier conexión', to: 'A', receivedAt: 'Recibida', size: 'Tamaño',
    empty: 'Las peticiones aparecen aquí cuando un sistema envía su primer webhook.', noMatch: 'Ninguna petición coincide con estos filtros.', one: 'Petición de webhook', again: 'Leer otra vez', againHelp: 'Lo que ya trajo se conoce y no ocurre dos veces.', readingAgain: 'La petición se lee otra vez.', failedHelp: 'No salió nada de ella. Cuando la causa esté arreglada, léela otra vez.',
    cameOfIt: 'Qué salió de ella', notYet: 'Está guardada y se va a leer.', nothingNew: 'Nada nuevo: era una copia o no había nada que hacer.', query: 'Parámetros', headers: 'Cabeceras', redacted: 'Authorization, cookies y tokens no se guardan.', body: 'Cuerpo', noBody: 'No tenía cuerpo.',
  },
  notFound: { flows: 'A los flujos', text: 'No hay nada en esta dirección, o pertenece a otro espacio de trabajo.', title: 'No encontrado' },
  onUnknown: { fail: 'Terminar con fallo', resend: 'Hacerlo de nuevo', continue: 'Seguir' },
  panel: { down: 'Bajar', label: 'Configurar', remove: 'Quitar el paso', up: 'Subir' },
  people: {
    changed: '{{name}} ha cambiado.', disable: 'Desactivar', enable: 'Activar', help: 'Quién puede entrar y qué puede hacer.', invite: 'Invitar', inviteHelp: 'Recibes un enlace para entregar. Vale una vez, durante 72 horas.', linkHelp: 'Entrega este enlace a la persona por una vía de confianza. Vale una vez, durante 72 horas, y no se vuelve a mostrar.',
    linkTitle: 'Enlace para {{name}}', makeRole: 'Cambiar el rol a', newLink: 'Enlace para una contraseña nueva',
  },
  person: { email: 'Correo', name: 'Nombre', newPassword: 'Contraseña nueva', password: 'Contraseña', passwordRule: 'Al menos 12 caracteres; unas cuantas palabras sirven bien.', role: 'Rol', showPassword: 'Mostrar la contraseña' },
  picker: { filter: 'Buscar datos', help: 'Un clic pone el valor en el último campo en el que estabas.', none: 'No hay tales datos antes de este paso.', title: 'Insertar datos' },
  publish: {
    diff: 'Lo que cambia respecto a la versión {{n}}, que está activa:', do: 'Publicar ahora', done: 'La versión {{n}} está activa.', first: 'Aún no hay nada activo. Esto es lo que se activa:', open: 'Publicar', same: 'La versión activa ya es la misma.', title: 'Publicar',
    waiting_one: '{{count}} ejecución espera en una versión anterior. Se queda en ella.', waiting_other: '{{count}} ejecuciones esperan en versiones anteriores. Se quedan en ellas.',
  },
  role: { viewer: 'Lector', operator: 'Operador', builder: 'Constructor', admin: 'Administrador', owner: 'Propietario' },
  roleHelp: {
    viewer: 'Ve todo salvo los secretos.', operator: 'Además inicia y cancela ejecuciones y responde esperas.', builder: 'Además cambia flujos y conexiones.', admin: 'Además gestiona personas y tokens.', owner: 'Además nombra a otros propietarios.',
  },
  run: {
    retry: 'Reintentar el paso fallido', retryHelp: 'La llamada de {{step}} se hace de nuevo con la misma entrada. Los pasos ya dados quedan como están; después el flujo sigue.', retried: 'La ejecución sigue.', retryUnknown: 'No se sabe si la llamada se hizo. Si se hizo, ahora podría hacerse dos veces.',
    actions: 'Acciones', attempts_one: '{{count}} intento', attempts_other: '{{count}} intentos', cancel: 'Cancelar la ejecución', cancelHelp: 'Termina aquí y no da más pasos. Los mensajes enviados quedan enviados.', canvas: 'En el lienzo', contact: 'Contacto', event: 'Evento', id: 'Id', input: 'Entrada',
    noVersion: 'La versión que sigue esta ejecución no está entre las últimas 50.', openFlow: 'Abrir el flujo', output: 'Salida', reason: 'Motivo', startedBy: 'Iniciada por', steps: 'Pasos', timeline: 'Cronología', took: 'Duración', version: 'Versión',
  },
  runs: {
    anyFlow: 'Cualquier flujo', anyStatus: 'Cualquier estado', asking: 'espera respuesta en', backingOff: 'reintenta en', empty: 'Las ejecuciones aparecen aquí cuando algo inicia un flujo.', ended: 'Terminada', flow: 'Flujo', live: 'actualizado en vivo', noMatch: 'Ninguna ejecución coincide con estos filtros.',
    sleeping: 'en pausa en', started: 'Iniciada', status: 'Estado', where: 'Ahora',
  },
  saved: { saved: 'Guardado {{at}}', saving: 'Guardando', unsaved: 'Aún sin guardar', failed: 'No guardado', conflict: 'Cambiado en otro lugar' },
  scopeHelp: { read: 'Ver todo salvo los secretos.', operate: 'Además iniciar y cancelar ejecuciones, responder esperas.', write: 'Además cambiar flujos y conexiones.', admin: 'Además gestionar personas y tokens.' },
  setUp: { do: 'Crear y entrar', title: 'Crear el primer propietario', token: 'Token de instalación', tokenHelp: 'Se mostró al arrancar la pasarela.' },
  settings: { calendars: 'Calendarios', needBuilder: 'Hace falta el rol de creador, administrador o propietario.', account: 'Mi cuenta', needAdmin: 'Esto requiere el rol de administrador o propietario.', people: 'Personas', tokens: 'Tokens de API' },
  several: { newest: 'La toma la más reciente', oldest: 'La toma la más antigua', all: 'La toman todas' },
  signIn: { demo: 'Entrar en la demo', do: 'Entrar', forgot: '¿Contraseña olvidada? Un administrador puede darte un enlace, y también «cordboard user link» en el servidor.', nobody: 'Aún no puede entrar nadie.', title: 'Entrar', toSetUp: 'Instalar' },
  state: {
    blocked: 'Bloqueado', not_declared: 'Consentimiento sin declarar', subscribed: 'Suscrito', unsubscribed: 'Dado de baja',
    taken: 'Aceptada', unreadable: 'Ilegible', collecting: 'Respondiendo', active: 'Activo', backing_off: 'En pausa tras fallos', bad: 'Requiere atención', cancelled: 'Cancelada', delivered: 'Entregado', disabled: 'Desactivado', draft: 'Borrador', duplicate: 'Duplicado', failed: 'Fallida', failing: 'Falla', good: 'Sana', invalid: 'No válida', idle: 'En reposo', invited: 'Invitada', late: 'Demasiado tarde',
    live: 'Activo', matched: 'Respuesta', no_match: 'Sin pregunta abierta', no_response: 'Sin respuesta', off: 'Apagado', open: 'Abierta', opted_out: 'Baja', pending: 'Pendiente', quarantined: 'En cuarentena', queued: 'En cola', read: 'Leído', ready: 'Listo', received: 'Recibido', refused: 'Rechazado', replied: 'Respondida',
    revoked: 'Revocado', running: 'En curso', sending: 'Enviando', sent: 'Enviado', started: 'Inició un flujo', starting: 'Arrancando', stopped: 'Parado', succeeded: 'Correcta', undelivered: 'No entregado', unknown: 'Sin comprobar', waiting: 'En espera',
  },
  step: {
    counted: 'Contar solo las horas de', aroundTheClock: 'Las 24 horas', delay_for: 'Durante', delay_until: 'Hasta', delay_open: 'Hasta que abra', add_tags: 'Añadir etiquetas', remove_tags: 'Quitar etiquetas', stays: 'Se queda como está', yes: 'Sí', no: 'No', emitEvent: 'Nombre del evento', newValue: 'Valor nuevo', startFlow: 'Flujo', startWait: 'Esperar a que termine', startWaitHelp: 'Los pasos siguientes leen entonces su estado.', startData: 'Lo que lee como event:', endRunsHelp: 'Termina ejecuciones del mismo cliente y sus esperas. Esta ejecución sigue.', endAll: 'De todos los flujos', endSome: 'De algunos flujos', ifItFails: 'Si falla', attempts: 'Intentos como máximo', attemptsHelp: 'Para fallos pasajeros: una respuesta 5xx, una conexión rota. Normalmente 5.', backoff: 'Primera pausa, como 2s', timeout: 'Límite de tiempo de un intento, como 20s', addOnError: 'Añadir un camino para fallos',
    action: 'Acción', addCase: 'Añadir un caso', addUndelivered: 'Añadir un camino para mensajes no entregados', answers: 'Responde al mensaje de', answersHelp: 'Vacío: el último mensaje antes de este paso.', case: 'Caso {{n}}: cuando', caseIs: 'Caso {{n}}: es', chooseConnection: 'Elige una conexión',
    connection: 'Conexión', expression: 'Una expresión, por ejemplo event.total > 100.', failMessage: 'Mensaje', id: 'Nombre del paso', idHelp: 'Los pasos posteriores leen su salida con este nombre.', if: 'Condición', newVariable: 'Nueva variable', noConnection: 'Aún no hay conexión con {{connector}}.',
    nothingAsked: 'Ningún paso anterior envía un mensaje, así que no hay nada que responder.', onUnknown: 'Si no se sabe si se hizo', onUnknownHelp: 'Tras una caída o una conexión perdida en medio de la llamada.', removeCase: 'Quitar el caso {{n}}', removeVariable: 'Quitar {{name}}',
    responseHelp: 'Espera hasta que el cliente responde. A tiempo, el flujo toma «Por defecto»; si no, «Sin respuesta».', several: 'Si hay varias preguntas abiertas al cliente', severalHelp: 'Cuál toma un mensaje que no cita ninguna.', spanHelp: 'Una duración como 2h o 1h30m, o una expresión entre {{ }}.',
    stopReason: 'Motivo', switchHelp: 'Se toma el primer caso que se cumple; si ninguno, «En otro caso».', unit: 'Unidad', within: 'Esperar como máximo', yamlOnly: 'Este paso se puede cambiar en la vista YAML.',
  },
  terms: {
    label: 'Más sobre la espera', from: 'El tiempo empieza', from_sent: 'Cuando se envía la pregunta', from_delivered: 'Cuando se ha entregado', from_read: 'Cuando se ha leído', from_step: 'Cuando la ejecución llega a este paso', deliverWithin: 'Esperar eso como máximo', quiet: 'Reunir mensajes hasta que el cliente calle durante', quietHelp: 'Varios mensajes cortos son entonces una respuesta. Vacío: el primer mensaje es la respuesta.', max: 'Pero como máximo durante',
    late: 'Un mensaje fuera de tiempo', late_attach: 'Se guarda con esta pregunta', late_ignore: 'Es para otros flujos', late_start_flow: 'Se guarda e inicia un flujo', channels: 'Una respuesta cuenta', channels_same: 'En la conexión que preguntó', channels_any: 'En cualquier conexión', on_takeover: 'Si una persona escribe entretanto al cliente', on_takeover_continue: 'Seguir esperando', on_takeover_cancel: 'Terminar la ejecución',
  },
  theme: { auto: 'Como el sistema', light: 'Claro', dark: 'Oscuro' },
  time: { left: 'quedan {{span}}', over: 'vencido' },
  tokens: {
    days_one: '{{count}} día', days_other: '{{count}} días', empty: 'Los programas usan la API con un token.', expires: 'Termina', help: 'Los programas usan la API con un token.', hint: 'Token', never: 'Nunca', new: 'Nuevo token', once: 'Copia el token ahora. No se guarda y no se puede volver a mostrar.', revoke: 'Revocar', revoked: 'El token está revocado.',
    scope: 'Lo que permite', used: 'Último uso', where: 'Dónde se usa',
  },
  trigger: { message: 'Un cliente escribe', schedule: 'Según el reloj', cron: 'Horario', cronHelp: 'Minuto, hora, día, mes y día de la semana: 0 9 * * mon-fri son las nueve en días laborables.', anyConnection: 'Cualquiera', texts: 'Exactamente uno de estos textos', payloads: 'Uno de estos botones (payloads)', messageHelp: 'Sin ninguno de ellos: cada mensaje.', during: 'Solo mientras esté abierto', outside: 'Solo mientras esté cerrado', rank: 'Si hay una pregunta abierta al cliente', rank_normal: 'La pregunta toma antes el mensaje', rank_interrupts: 'Este flujo lo toma antes', rank_fallback: 'Este flujo toma solo lo que nadie más toma', contact_tag_added: 'Se añadió una etiqueta a un contacto', contact_tag_removed: 'Se quitó una etiqueta a un contacto', contact_field_changed: 'Cambió un campo de un contacto', contact_consent_changed: 'Un contacto se suscribió o se dio de baja', contact_blocked: 'Se bloqueó o desbloqueó un contacto', only_tag: 'Solo esta etiqueta', only_field: 'Solo este campo', only_after: 'Solo subscribed o unsubscribed', onlyHelp: 'Vacío: todos.', run_failed: 'Una ejecución falló', wait_late_reply: 'Una respuesta llegó tarde', custom: 'Otro flujo avisa', customNamed: 'Un flujo avisa {{name}}', customName: 'Nombre del evento', customHelp: 'Como lo nombra el paso «Avisar a otros».', perContact: 'Si el cliente ya está en una ejecución de este flujo', per_allow: 'Iniciar otra', per_queue: 'Iniciar cuando termine', per_replace: 'Terminar esa, iniciar esta', per_reject: 'No iniciar', label: 'Disparador', manual: 'Iniciado a mano o por API', none: 'Aún sin disparador', on: 'Lo que inicia el flujo', own: 'Integrado', webhook: 'Un webhook' },
  unit: { m: 'minutos', h: 'horas', d: 'días' },
  versions: { n: 'Versión {{n}}', none: 'Aún no se ha publicado nada.', restore: 'Tomar como borrador', title: 'Versiones' },
  wait: { answer: 'Responder', answerFor: 'Responder en lugar del cliente', answered: 'La respuesta se ha tomado; la ejecución sigue.', closed: 'Cerrada', deadline: 'Plazo', opened: 'Abierta', state: 'Estado', then: 'Sin respuesta hasta entonces, el flujo toma «Sin respuesta».', title: 'Esperando la respuesta del cliente' },
  webhook: { address: 'Dirección', addressHelp: 'Cualquier sistema puede enviar aquí. No cambia mientras exista el flujo.', afterPublish: 'El flujo recibe su dirección al publicarse.', auth: 'Cómo demuestra el remitente quién es', deliveryKey: 'Cabecera igual en todas las copias', deliveryKeyHelp: 'Así las copias inician el flujo una sola vez. Vacío: cuenta cada petición.', encoding: 'Codificación de la firma', header: 'Cabecera', headerHelp: 'La que lleva la firma o el token.', needsSecret: 'No se acepta nada hasta que haya un secreto.', newSecret: 'Crear un secreto nuevo', once: 'Copia el secreto ahora. No se puede volver a mostrar. El anterior vale un día más.', open: 'Quien conozca la dirección puede iniciar el flujo.', prefix: 'Texto delante de la firma', query: 'O un parámetro de la dirección' },
  webhookAuth: { standard_webhooks: 'Standard Webhooks', hmac_sha256: 'Una firma (HMAC-SHA256)', token: 'Un token', none: 'Nada' },
  welcome: { do: 'Fijar contraseña y entrar', noLink: 'A esta dirección le falta su enlace. Ábrela de nuevo como te la dieron.', title: 'Fija tu contraseña' },
}
