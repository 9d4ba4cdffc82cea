import type { Problem } from '../api/client'
import { duration } from '../ui/time'

/** problems say what the gateway refuses in always the same words, by the type of the problem; in English it has said it. */
export const problems = {
  es: {
    'not-found': 'Aquí no hay nada con ese nombre o id.', stale: 'Alguien lo ha cambiado entretanto. Vuelve a cargarlo y compara.', field: 'Un campo no se puede usar.', fields: 'Algunos campos no se pueden usar.', 'flow-problems': 'El flujo tiene problemas.',
    denied: 'No coincide con lo que se conoce aquí.', 'code-needed': 'La contraseña es correcta. Entra con ella y un código de tu app o de recuperación, o con una llave de acceso.', 'proof-needed': 'Entraste hace un rato. Demuestra que sigues siendo tú y hazlo otra vez.',
    elsewhere: 'Esta persona pertenece también a otros espacios de trabajo, donde cuentan su contraseña y su segundo factor. Los cambia ella misma, o pide a quien administra la pasarela que use «cordboard user» en el servidor.',
    'not-installer': 'Otros espacios los crea un propietario del primero; también «cordboard workspace create» en el servidor.', 'not-running-it': 'El estado de la pasarela lo ven los administradores del primer espacio de trabajo, que la administran.',
    'no-passkeys': 'Los navegadores no guardan llaves de acceso para la dirección de esta consola: quieren https y un nombre. CORDBOARD_PUBLIC_URL dice cuál tiene.', 'own-factor-first': 'Activa antes tu propio segundo factor: sin él te quedarías fuera.',
    'no-mail': 'Esta pasarela no envía correo: CORDBOARD_SMTP_URL no está puesto. Un administrador puede crear un enlace, y también «cordboard user link» en el servidor.', throttled: 'Demasiados intentos. Prueba otra vez en {span}.',
    'last-owner': 'Al último propietario no se le puede desactivar ni dar otro rol. Nombra antes a otro.', 'too-long': 'Tardó demasiado.', internal: 'La pasarela no pudo hacerlo; su registro dice por qué.',
    'run-ended': 'La ejecución ya ha terminado.', 'run-not-failed': 'La ejecución no ha fallado, o alguien ya la ha retomado.', 'run-not-paused': 'La ejecución no está en pausa.', 'no-live-version': 'El flujo no tiene una versión activa. Publica una antes.', 'flow-off': 'El flujo está apagado. Enciéndelo antes.',
    'request-not-kept': 'La petición no se guardó y no se puede leer.', 'request-due': 'La petición está a punto de leerse.', settled: 'Alguien ya lo ha resuelto.', 'repair-ended': 'La reparación ya ha terminado.',
    'field-type': 'El campo existe con otro tipo, que tienen los valores de los contactos. Elimínalo antes o elige otro nombre.', 'waits-longer': 'Hay flujos activos que esperan respuestas más tiempo del que se guardarían las ejecuciones: {flows}. Guárdalas más tiempo, o publícalos antes con menos plazo.',
    'connection-taken': 'Ya hay una conexión llamada «{name}».', 'connection-in-use': 'La usan flujos encendidos: {flows}. Apágalos, o publícalos con otra conexión, antes de eliminarla.',
  },
  it: {
    'not-found': 'Qui non c’è nulla con quel nome o id.', stale: 'Nel frattempo qualcuno l’ha cambiato. Ricaricalo e confronta.', field: 'Un campo non si può usare.', fields: 'Alcuni campi non si possono usare.', 'flow-problems': 'Il flusso ha problemi.',
    denied: 'Non corrisponde a ciò che è noto qui.', 'code-needed': 'La password è giusta. Entra con quella e un codice della tua app o di recupero, o con una passkey.', 'proof-needed': 'Sei entrato da un po’. Dimostra che sei ancora tu e rifallo.',
    elsewhere: 'Questa persona appartiene anche ad altri spazi di lavoro, dove valgono la sua password e il suo secondo fattore. Li cambia lei stessa, o chiede a chi gestisce il gateway di usare «cordboard user» sul server.',
    'not-installer': 'Altri spazi li crea un proprietario del primo; anche «cordboard workspace create» sul server.', 'not-running-it': 'Lo stato del gateway lo vedono gli amministratori del primo spazio di lavoro, che lo gestiscono.',
    'no-passkeys': 'I browser non hanno passkey per l’indirizzo di questa console: vogliono https e un nome. CORDBOARD_PUBLIC_URL dice quale ha.', 'own-factor-first': 'Attiva prima un tuo secondo fattore: senza ti chiuderesti fuori.',
    'no-mail': 'Questo gateway non invia posta: CORDBOARD_SMTP_URL non è impostato. Un amministratore può creare un link, e anche «cordboard user link» sul server.', throttled: 'Troppi tentativi. Riprova tra {span}.',
    'last-owner': 'L’ultimo proprietario non si può disattivare né avere un altro ruolo. Nominane prima un altro.', 'too-long': 'Ci è voluto troppo tempo.', internal: 'Il gateway non è riuscito a farlo; il suo registro dice perché.',
    'run-ended': 'L’esecuzione è già terminata.', 'run-not-failed': 'L’esecuzione non è fallita, o qualcuno l’ha già ripresa.', 'run-not-paused': 'L’esecuzione non è in pausa.', 'no-live-version': 'Il flusso non ha una versione attiva. Pubblicane prima una.', 'flow-off': 'Il flusso è spento. Accendilo prima.',
    'request-not-kept': 'La richiesta non è stata conservata e non si può leggere.', 'request-due': 'La richiesta sta per essere letta.', settled: 'Qualcuno l’ha già risolto.', 'repair-ended': 'La riparazione è già terminata.',
    'field-type': 'Il campo esiste con un altro tipo, che hanno i valori dei contatti. Eliminalo prima o scegli un altro nome.', 'waits-longer': 'Flussi attivi attendono risposte più a lungo di quanto si conserverebbero le esecuzioni: {flows}. Conservale più a lungo, o pubblicali prima con meno tempo.',
    'connection-taken': 'C’è già una connessione di nome «{name}».', 'connection-in-use': 'La usano flussi accesi: {flows}. Spegnili, o pubblicali con un’altra connessione, prima di eliminarla.',
  },
}

/** details are what the gateway finds wrong with what people enter about themselves, by its own words for it. */
export const details: Record<string, { es: string; it: string } | undefined> = {
  'must have 1 to 100 characters': { es: 'debe tener de 1 a 100 caracteres', it: 'deve avere da 1 a 100 caratteri' },
  'is no time zone; write one such as Europe/Madrid': { es: 'no es una zona horaria; escribe una como Europe/Madrid', it: 'non è un fuso orario; scrivine uno come Europe/Madrid' },
  "is another workspace's": { es: 'es el de otro espacio de trabajo', it: 'è quello di un altro spazio di lavoro' },
  'must not be empty': { es: 'no puede quedar vacío', it: 'non può restare vuoto' },
  'must be an e-mail address such as ana@example.com': { es: 'debe ser una dirección de correo como ana@example.com', it: 'deve essere un indirizzo e-mail come ana@example.com' },
  'belongs to somebody who is here already': { es: 'es de alguien que ya está aquí', it: 'è di qualcuno che è già qui' },
  'is not valid any more; ask for a new one': { es: 'ya no vale; pide uno nuevo', it: 'non vale più; chiedine uno nuovo' },
  'must lie in the future': { es: 'debe estar en el futuro', it: 'deve essere nel futuro' },
  'is not your password': { es: 'no es tu contraseña', it: 'non è la tua password' },
  'is not right, or was used before': { es: 'no es correcto, o ya se usó', it: 'non è giusto, o è già stato usato' },
  'is not right, or was used before; take the next one of the app': { es: 'no es correcto, o ya se usó; toma el siguiente de la app', it: 'non è giusto, o è già stato usato; prendi il prossimo dell’app' },
  'is not a passkey of yours, or comes too late; begin again': { es: 'no es una llave de acceso tuya, o llega tarde; empieza de nuevo', it: 'non è una tua passkey, o arriva tardi; ricomincia' },
  'does not answer the challenge of this session, or comes too late; begin again': { es: 'no responde al reto de esta sesión, o llega tarde; empieza de nuevo', it: 'non risponde alla sfida di questa sessione, o arriva tardi; ricomincia' },
  'was not begun; begin again': { es: 'no se había empezado; empieza de nuevo', it: 'non era stato iniziato; ricomincia' },
}

/** said is what a problem says in a language; undefined where only the gateway's own words are known. */
export function said(p: Problem, language: 'es' | 'it'): string | undefined {
  const values: Record<string, string | undefined> = p.values ?? {}
  const texts: Record<string, string | undefined> = problems[language]
  return texts[p.type?.replace(/^urn:cordboard:/, '') ?? '']?.replace(/{(\w+)}/g, (_, place: string) => (place === 'span' ? duration(Number(values.span), language) : (values[place] ?? '')))
}
