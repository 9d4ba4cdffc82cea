"""What go-plugin wants of a program: a handshake on stdout, mutual TLS, a health service, and the broker on which the
gateway says where it listens. It knows nothing of connectors, so that any in Python can begin with a copy of it."""
import base64, datetime, os, tempfile, threading
from concurrent import futures

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Contract:
    """The messages and services of compiled .proto files, by their names there."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
        self.pool, self.methods = descriptor_pool.DescriptorPool(), {}
        self.make = getattr(message_factory, 'GetMessageClass', None) or message_factory.MessageFactory(self.pool).GetPrototype
        for file in files:
            self.pool.Add(file)
            self.methods |= {f'{file.package}.{service.name}': service.method for service in file.service}

    def message(self, name):
        return self.make(self.pool.FindMessageTypeByName(name.lstrip('.')))

    def handler(self, name, served):
        """The service of that name with the methods that served has."""
        kinds = {(False, False): grpc.unary_unary_rpc_method_handler, (False, True): grpc.unary_stream_rpc_method_handler,
                 (True, True): grpc.stream_stream_rpc_method_handler}
        return grpc.method_handlers_generic_handler(name, {
            m.name: kinds[m.client_streaming, m.server_streaming](
                getattr(served, m.name), self.message(m.input_type).FromString, self.message(m.output_type).SerializeToString)
            for m in self.methods[name] if hasattr(served, m.name)})

    def call(self, channel, name, method):
        """A function that calls a method, and waits for its one answer."""
        m = next(m for m in self.methods[name] if m.name == method)
        return channel.unary_unary(f'/{name}/{method}', self.message(m.input_type).SerializeToString, self.message(m.output_type).FromString)


def certificate():
    """The certificate with which this process proves itself: self-signed, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'localhost')])
    begin = datetime.datetime(2020, 1, 1)
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=10000))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName('localhost')]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret, cert.public_bytes(pem), cert.public_bytes(serialization.Encoding.DER)


class Broker:
    """Hears where the gateway serves each stream."""

    def __init__(self):
        self.told = {}

    def address(self, stream):
        return self.told.setdefault(stream, futures.Future())  # whoever comes first, hearer or dialler, makes the one for both

    def StartStream(self, requests, context):
        for info in requests:
            if not self.address(info.service_id).done():
                self.address(info.service_id).set_result(info.address)
        return iter(())


class Health:
    def __init__(self, contract):
        self.well = contract.message('grpc.health.v1.HealthCheckResponse')(status='SERVING')

    def Check(self, request, context):
        return self.well


def serve(contract, name, build):
    """Runs the process as a plugin that offers one service, until it is killed. build(dial) makes what serves it;
    dial(stream) opens a channel to what the gateway serves on a stream of the broker."""
    gateway = os.environ['PLUGIN_CLIENT_CERT'].encode()
    key, cert, der = certificate()
    broker = Broker()

    def dial(stream):
        credentials = grpc.ssl_channel_credentials(gateway, key, cert)
        options = [('grpc.ssl_target_name_override', 'localhost'), ('grpc.default_authority', 'localhost'), ('grpc.max_receive_message_length', 8 << 20)]
        return grpc.secure_channel('unix:' + broker.address(stream).result(10), credentials, options)

    server = grpc.server(futures.ThreadPoolExecutor(32), options=[('grpc.max_receive_message_length', 8 << 20)])
    services = {name: build(dial), 'plugin.GRPCBroker': broker, 'grpc.health.v1.Health': Health(contract)}
    server.add_generic_rpc_handlers([contract.handler(*service) for service in services.items()])
    socket = os.path.join(os.environ.get('PLUGIN_UNIX_SOCKET_DIR', tempfile.gettempdir()), f'connector-{os.getpid()}.sock')
    server.add_secure_port('unix:' + socket, grpc.ssl_server_credentials([(key, cert)], gateway, require_client_auth=True))
    server.start()
    print(f'1|1|unix|{socket}|grpc|{base64.b64encode(der).decode().rstrip("=")}', flush=True)  # go-plugin's version, the contract's, and where
    threading.Event().wait()
