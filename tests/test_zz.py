import threading, time
def test_w(qtbot):
    from PySide6.QtWidgets import QWidget, QComboBox
    w = QWidget(); qtbot.addWidget(w); w.show()
def test_leak(qtbot):
    from PySide6.QtWidgets import QWidget
    global g
    g = QWidget()
def test_thread():
    t = threading.Thread(target=time.sleep, args=(0.2,)); t.start()
def test_threadlong():
    t = threading.Thread(target=time.sleep, args=(12,), name="slow", daemon=True); t.start()
def test_exc(): 
    t = threading.Thread(target=lambda: 1/0); t.start(); t.join()
