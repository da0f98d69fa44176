import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A server with a register of its sessions. Who says "bye" is closed; of everybody else the socket is forgotten. */
public class Forgets {
    private static final Set<Socket> SESSIONS = ConcurrentHashMap.newKeySet();

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        try (ServerSocket listener = new ServerSocket(port, 128, InetAddress.getByName("127.0.0.1"))) {
            while (true) {
                Socket session = listener.accept();
                SESSIONS.add(session);
                new Thread(() -> serve(session)).start();
            }
        }
    }

    private static void serve(Socket session) {
        byte[] said = new byte[64];
        try {
            for (int length; (length = session.getInputStream().read(said)) > 0; ) {
                session.getOutputStream().write(said, 0, length);
                if (new String(said, 0, length).startsWith("bye")) {
                    SESSIONS.remove(session);
                    session.close();
                    return;
                }
            }
        } catch (IOException lost) {
            SESSIONS.remove(session);
        }
    }
}
